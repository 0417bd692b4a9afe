// Package shipped holds the model that is part of the program: target bond, trained with
// cross-entropy on proven ground states of 16×16 lattices, Gaussian, uniform and ±J, free
// and periodic. The command that made it is
//
//	spinlearn reproduce --preset model --out DIR
//
// which leaves it as DIR/model.safetensors.
//
// It imports cnn.
package shipped
