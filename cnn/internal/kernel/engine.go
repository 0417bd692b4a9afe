package kernel

import (
	"fmt"
	"os"
	"strings"
)

// Float is the element type of images and weights.
type Float interface{ float32 | float64 }

// An engine has the parts of a convolution in one instruction set. Channels are in
// multiples of lanes; strides count elements.
type engine[T Float] struct {
	name  string
	lanes int
	// product stores init + a b in c for each point.
	product func(c, init, a, b []T, p product)
	// input stores Bᵀ x B of each tile in v; x is an image.
	input func(v, x []T, t tiles)
	// gradient stores A dy Aᵀ in z, but for the signs of the last row and column; dy is
	// an image.
	gradient func(z, dy []T, t tiles)
	// output stores [mask > 0] Aᵀ m A + residual in the image y; mask and residual are
	// laid out like y and may be nil.
	output func(y, m, mask, residual []T, t tiles)
	// pixels is output for tiles of one pixel and one point.
	pixels func(y, m, mask, residual []T, t tiles)
	// relu stores max(x, 0) in dst: rows of n values, which follow each other in x and
	// begin every stride values in dst.
	relu func(dst, x []T, rows, n, stride int)
	// add adds x to dst.
	add func(dst, x []T)
	// peak makes multiplications and additions without anything else and returns how
	// many it made, at least n.
	peak func(n int) int
}

// A product describes the sizes and strides of products of matrices, one a point: c and
// init have rows rows, a has rows × depth elements and b depth rows of columns elements,
// a multiple of lanes.
type product struct {
	points, rows, depth, columns       int
	cRow, initRow, aRow, aColumn, bRow int
	cPoint, initPoint, aPoint, bPoint  int
}

// A tiles describes rows × cols tiles of an image.
type tiles struct {
	rows, cols, channels int
	point                int // stride of the points of the transformed tiles
	row                  int // stride of the rows of the image
}

// n returns the number of values of all tiles at one point.
func (t tiles) n() int { return t.rows * t.cols * t.channels }

// Variable is the environment variable that forces one kind of kernels.
const Variable = "SPINLEARN_KERNEL"

const portableName = "portable"

// single is the engine for float32: the best, or the one that [Variable] names, with
// what is wrong with the name.
var single, errForced = choose(os.Getenv(Variable), singles())

// singles lists the engines for float32 that this processor has, the best first.
func singles() []*engine[float32] { return append(vectorEngines(), portable[float32](4)) }

// choose returns the engine of that name, the first one if it is empty or wrong.
func choose(name string, engines []*engine[float32]) (*engine[float32], error) {
	names := make([]string, len(engines))
	for i, e := range engines {
		if names[i] = e.name; e.name == name {
			return e, nil
		}
	}
	if name == "" {
		return engines[0], nil
	}
	return engines[0], fmt.Errorf("%s = %q, want one that this processor has: %s", Variable, name, strings.Join(names, ", "))
}

// Check returns an error if [Variable] asks for kernels that are unknown or that this
// processor lacks.
func Check() error { return errForced }

var double = portable[float64](4)

func engineOf[T Float]() *engine[T] {
	if e, ok := any(single).(*engine[T]); ok {
		return e
	}
	return any(double).(*engine[T])
}

// Peak makes at least n floating-point operations, the fused multiplications and
// additions of float32 that the kernels in use are made of and nothing else, and
// returns how many it made: their rate is what no kernel can exceed.
func Peak(n int) int { return single.peak(n) }
