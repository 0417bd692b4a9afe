package cnn

import "math"

// adam is Adam with bias correction (Kingma and Ba 2015, arXiv 1412.6980, algorithm 1). A
// checkpoint needs its moments, which Gorgonia's own Adam does not give out.
type adam struct {
	mean, square [][]float32 // moments of each parameter
}

// The decay rates are those of the recipe; eps is the paper's.
const (
	adamMean   = 0.9
	adamSquare = 0.99
	adamEps    = 1e-8
)

func newAdam(weights [][]float32) *adam {
	a := &adam{}
	for _, w := range weights {
		a.mean = append(a.mean, make([]float32, len(w)))
		a.square = append(a.square, make([]float32, len(w)))
	}
	return a
}

// step number t, from 1, applies the gradients times scale.
func (a *adam) step(t int, rate, scale float64, weights, grads [][]float32) {
	stride := float32(rate / (1 - math.Pow(adamMean, float64(t))))
	unbias := float32(1 / (1 - math.Pow(adamSquare, float64(t))))
	for p, w := range weights {
		m, v, grad := a.mean[p], a.square[p], grads[p]
		for i := range w {
			g := grad[i] * float32(scale)
			m[i] += (1 - adamMean) * (g - m[i])
			v[i] += (1 - adamSquare) * (g*g - v[i])
			w[i] -= stride * m[i] / (float32(math.Sqrt(float64(v[i]*unbias))) + adamEps)
		}
	}
}

// norm returns the Euclidean norm of all gradients together.
func norm(grads [][]float32) float64 {
	sum := 0.0
	for _, grad := range grads {
		for _, g := range grad {
			sum += float64(g) * float64(g)
		}
	}
	return math.Sqrt(sum)
}
