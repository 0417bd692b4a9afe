package kernel

import (
	"fmt"
	"os"
	"strings"
)

// Float is the element type of images and weights.
type Float interface{ float32 | float64 }

// An engine holds the parts of a convolution for one instruction set. The channels of
// images are multiples of lanes. Strides count elements.
type engine[T Float] struct {
	name  string
	lanes int
	// product stores the matrix init + a b in c, for each point.
	product func(c, init, a, b []T, p product)
	// input stores Bᵀ x B of each tile in v; x is an image.
	input func(v, x []T, t tiles)
	// gradient stores A dy Aᵀ of each tile in z, with the opposite sign in the last row
	// and in the last column; dy is an image.
	gradient func(z, dy []T, t tiles)
	// output stores [mask > 0] Aᵀ m A + residual of each tile in the image y; mask and
	// residual are laid out like y and may be nil.
	output func(y, m, mask, residual []T, t tiles)
	// pixels is output for 1×1 kernels: a tile is one pixel and has one point.
	pixels func(y, m, mask, residual []T, t tiles)
	// relu stores max(x, 0) in dst, for rows of n values. Rows follow each other without a
	// gap in x and begin stride values apart in dst.
	relu func(dst, x []T, rows, n, stride int)
	// add adds x to dst.
	add func(dst, x []T)
	// peak makes at least n multiplications and additions and returns how many.
	peak func(n int) int
}

// A product describes the matrices of engine.product, one of each kind per point: c and
// init are rows × columns, a is rows × depth, and b is depth × columns. columns is a
// multiple of lanes.
type product struct {
	points, rows, depth, columns       int
	cRow, initRow, aRow, aColumn, bRow int // strides of rows, and of the columns of a; other columns are adjacent
	cPoint, initPoint, aPoint, bPoint  int // strides of points
}

// tiles describes rows × cols tiles of an image.
type tiles struct {
	rows, cols, channels int
	point                int // stride of the points of the transformed tiles
	row                  int // stride of the rows of the image
}

// n returns the number of values that all tiles together have at one point.
func (t tiles) n() int { return t.rows * t.cols * t.channels }

// Variable is the environment variable that forces one kind of kernels.
const Variable = "SPINLEARN_KERNEL"

const portableName = "portable"

// single is the engine for float32: the one that [Variable] names, else the best.
// errForced says why that name is not valid.
var single, errForced = choose(os.Getenv(Variable), singles())

// singles lists the engines for float32 that this processor has, the best first.
func singles() []*engine[float32] { return append(vectorEngines(), portable[float32](4)) }

// choose returns the engine of that name, or the first one if the name is empty or wrong.
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

// Peak makes at least n floating-point operations and returns how many. They are the
// multiplications and additions of float32 that the kernels in use consist of, without any
// access to memory, so that no kernel can exceed their rate.
func Peak(n int) int { return single.peak(n) }
