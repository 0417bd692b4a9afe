// Package reproduce compares losses as a study: datasets with proven ground states, equal
// tuning, several seeds, statistics, report. It is the experiment behind "Energy Loss
// Functions for Physical Systems" (Kaba, Sareen, Levy, Ravanbakhsh, NeurIPS 2025,
// arXiv 2511.02087, Table 5) on site targets, and the same on bond targets.
//
// A [Plan] says all of it. [Run] goes through its stages, each of which leaves files that
// are not computed again:
//
//	plan.json            the plan, by which the folder is known
//	data/                train, validation and test, datasets of package data
//	tuning/, runs/       a folder a training run, as of the train command
//	evaluations/         the energies of a run or of the classical methods on the test set
//	results.jsonl        all of these energies
//	report.md, .html     tables, charts and what they show
//	times.csv            what each stage took, line after line as the work was done
//
// All files but times.csv are the same to the byte for any number of workers and of
// interruptions.
//
// A [ModelPlan] trains the model that is part of the program, over datasets of several
// lattices and couplings, and measures it. [RunModel] leaves the same files, with one
// training run in run/ and its weights as model.safetensors; those that give CPU times
// differ in them alone.
//
// The package imports cnn and data for the runs, internal/experiment for methods without a
// network, and plots for the report.
package reproduce
