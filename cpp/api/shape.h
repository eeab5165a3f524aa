/// The shape of a problem's parameters w and the way between w and (coef, intercept).
#pragma once
#include <cstddef>
#include <vector>

#include "linclass/fit.h"
#include "random.h"

namespace linclass {

struct Shape {
  Index outputs = 0;   ///< K
  Index features = 0;  ///< d
  bool intercept = true;
  bool multilabel = false;

  Index columns() const { return features + (intercept ? 1 : 0); }
  std::size_t size() const { return static_cast<std::size_t>(outputs * columns()); }
};

/// Of a problem whose classes are counted.
inline Shape shape_of(const Problem& problem) {
  Shape shape;
  shape.multilabel = !problem.y.codes && problem.y.matrix && problem.loss != Loss::softmax;
  shape.outputs = !shape.multilabel && problem.loss != Loss::softmax && problem.y.classes == 2 ? 1 : problem.y.classes;
  shape.features = problem.X.columns;
  shape.intercept = problem.fit_intercept;
  return shape;
}

/// The first w of a fit: zeros, uniform in [-1, 1], or what is given.
inline std::vector<double> start_parameters(const Options& options, std::size_t size) {
  if (!options.initial.empty()) return options.initial;
  std::vector<double> w(size, 0.0);
  if (options.start != Start::uniform) return w;
  engine::Random random(options.seed);
  for (double& value : w) value = random.symmetric();
  return w;
}

/// A model of the problem at w.
inline Model model_of(const Problem& problem, const double* w) {
  const Shape shape = shape_of(problem);
  Model model;
  model.loss = problem.loss;
  model.multiclass = problem.multiclass;
  model.features = shape.features;
  model.outputs = shape.outputs;
  model.classes = problem.y.classes;
  model.multilabel = shape.multilabel;
  model.coef.reserve(static_cast<std::size_t>(shape.outputs * shape.features));
  for (Index k = 0; k < shape.outputs; ++k) {
    const double* row = w + k * shape.columns();
    model.coef.insert(model.coef.end(), row, row + shape.features);
    model.intercept.push_back(shape.intercept ? row[shape.features] : 0.0);
  }
  return model;
}

}  // namespace linclass
