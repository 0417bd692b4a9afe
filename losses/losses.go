package losses

import "math"

// Float is the element type of logits: float32 in training, float64 in checks.
type Float interface{ float32 | float64 }

// A Loss is the loss of one entry. At returns its value and its derivative with respect to
// u = y z, the logit times the label; c ≥ 0 is the energy that a wrong prediction costs.
// Both results are finite for every u that fits into a float32.
type Loss interface {
	At(u, c float64) (loss, slope float64)
}

// CrossEntropy is softplus(-u) = log(1 + exp(-u)).
type CrossEntropy struct{}

// At implements Loss; c is not used.
func (CrossEntropy) At(u, _ float64) (loss, slope float64) {
	e := math.Exp(-math.Abs(u)) // softplus and sigmoid both need it
	if loss = math.Log1p(e); u < 0 {
		return loss - u, -1 / (1 + e)
	}
	return loss, -e / (1 + e)
}

// Margin is the hinge max(0, Gamma - u), Gamma > 0.
type Margin struct{ Gamma float64 }

// At implements Loss; c is not used.
func (l Margin) At(u, _ float64) (loss, slope float64) {
	if u < l.Gamma {
		return l.Gamma - u, -1
	}
	return 0, 0
}

// LocalEnergy is (c + 2h0)·σ(-u) - T·H(σ(u)), the reverse KL divergence of the package
// comment. Its minimum is at u = (c + 2h0)/T. Temperature T ≥ 0 and Offset h0 ≥ 0 are in the
// unit of the couplings. The loss is not convex in u: for a logit that is wrong and large,
// the gradient is almost 0.
type LocalEnergy struct{ Temperature, Offset float64 }

// At implements Loss.
func (l LocalEnergy) At(u, c float64) (loss, slope float64) {
	right, wrong := sigmoid(u), sigmoid(-u)
	c += 2 * l.Offset
	return c*wrong - l.Temperature*entropy(u), right * wrong * (l.Temperature*u - c)
}

// Boltzmann is the cross-entropy with the Boltzmann distribution as a soft label: an entry is
// wrong with probability p = 1/(1 + exp(c/T)). Up to a constant this is the forward KL
// divergence of the package comment. Temperature T > 0 is in the unit of the couplings.
type Boltzmann struct{ Temperature float64 }

// At implements Loss.
func (l Boltzmann) At(u, c float64) (loss, slope float64) {
	p := sigmoid(-c / l.Temperature)
	return p*softplus(u) + (1-p)*softplus(-u), sigmoid(u) - (1 - p)
}

// Mean returns the mean of a loss over the entries of an instance with label y = ±1. Entries
// with y = 0 have no label and are left out; without any label the mean is 0. z, y and c
// have equal lengths. Mean stores the gradient with respect to z in grad unless grad is nil.
// It panics if lengths differ.
func Mean[T Float](grad, z, y, c []T, loss Loss) float64 {
	sum, n := signedSum(grad, z, y, c, loss, 1)
	return average(grad, sum, n)
}

// Symmetric returns the smaller of [Mean] with labels y and [Mean] with labels -y, with the
// gradient of the smaller one. A ground state and its global flip have the same energy, and
// the network may choose between them for each instance. With [Mean], where labels y and -y
// are equally likely, the optimum of every loss would be z = 0.
func Symmetric[T Float](grad, z, y, c []T, loss Loss) float64 {
	plus, n := signedSum(nil, z, y, c, loss, 1)
	minus, _ := signedSum(nil, z, y, c, loss, -1)
	side, sum := T(1), plus
	if minus < plus {
		side, sum = -1, minus
	}
	if grad != nil {
		signedSum(grad, z, y, c, loss, side)
	}
	return average(grad, sum, n)
}

// signedSum returns the sum of the loss with labels side·y, side = ±1, and the number of
// labels. It stores the gradient of the sum in grad unless grad is nil.
func signedSum[T Float](grad, z, y, c []T, loss Loss, side T) (sum float64, n int) {
	if len(y) != len(z) || len(c) != len(z) || grad != nil && len(grad) != len(z) {
		panic("losses: lengths differ")
	}
	for i, label := range y {
		if label == 0 {
			if grad != nil {
				grad[i] = 0
			}
			continue
		}
		label *= side
		l, slope := loss.At(float64(label*z[i]), float64(c[i]))
		sum += l
		n++
		if grad != nil {
			grad[i] = label * T(slope)
		}
	}
	return sum, n
}

// average divides sum and grad by n, the number of labels.
func average[T Float](grad []T, sum float64, n int) float64 {
	if n == 0 {
		return 0
	}
	for i := range grad {
		grad[i] /= T(n)
	}
	return sum / float64(n)
}

// TrueEnergy returns the mean-field free energy per site of the logits z,
//
//	(1/N) [ -Σ_<ij> J_ij m_i m_j - T Σ_i H(σ(z_i)) ],   m = 2σ(z) - 1,
//
// of a rows × cols lattice, in the unit of the couplings. It needs no labels. J has two
// entries for each site: the bond down and the bond to the right, which wrap around at the
// last row and column. A bond that does not exist is 0. TrueEnergy stores the gradient with
// respect to z in grad unless grad is nil. It panics if lengths differ.
func TrueEnergy[T Float](grad, z, J []T, rows, cols int, temperature float64) float64 {
	n := rows * cols
	if len(z) != n || len(J) != 2*n || grad != nil && len(grad) != n {
		panic("losses: lengths differ")
	}
	field := make([]float64, n) // Σ_j J_ij m_j
	m := make([]float64, n)
	for i, v := range z {
		m[i] = math.Tanh(float64(v) / 2)
	}
	sum := 0.0
	for r := range rows {
		for c := range cols {
			i := r*cols + c
			for axis, j := range [2]int{(r + 1) % rows * cols, r*cols + (c+1)%cols} {
				if axis == 0 {
					j += c
				}
				w := float64(J[2*i+axis])
				sum -= w * m[i] * m[j]
				field[i] += w * m[j]
				field[j] += w * m[i]
			}
		}
	}
	for i, v := range z {
		u := float64(v)
		sum -= temperature * entropy(u)
		if grad != nil {
			grad[i] = T(sigmoid(u) * sigmoid(-u) * (temperature*u - 2*field[i]) / float64(n))
		}
	}
	return sum / float64(n)
}

// softplus is log(1 + exp(x)), computed without overflow as
// max(x, 0) + log(1 + exp(-|x|)).
func softplus(x float64) float64 {
	return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x)))
}

// sigmoid is 1/(1 + exp(-x)), computed without overflow.
func sigmoid(x float64) float64 {
	e := math.Exp(-math.Abs(x))
	if x < 0 {
		return e / (1 + e)
	}
	return 1 / (1 + e)
}

// entropy is H(σ(u)) in nats, computed as softplus(-|u|) + |u|σ(-|u|).
func entropy(u float64) float64 {
	u = math.Abs(u)
	return softplus(-u) + u*sigmoid(-u)
}
