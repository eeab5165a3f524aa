/// Model: predictions into the caller's memory.
#include "linclass/model.h"

#include "calls.h"
#include "load.h"
#include "validate.h"

namespace linclass {
namespace {

/// One row is answered without asking how many cores there are.
int threads_for(const Matrix& X, Index outputs, int asked) {
  const Index numbers = X.layout != Layout::csr ? X.rows * X.columns : X.row_starts && X.rows > 0 ? X.row_starts[X.rows] : 0;
  return asked == 0 && numbers * outputs < 100000 ? 1 : checked_threads(asked);
}

void predict_into(const Model& model, const Matrix& X, engine::Prediction what, void* out, Index stride, int threads) {
  check_model(model);
  threads = threads_for(X, model.outputs, threads);
  check_matrix(X, threads);
  check_features(X, model.features);
  const engine::LinearModel view{model.loss,    model.multiclass, model.features,    model.outputs,
                                 model.classes, model.multilabel, model.coef.data(), model.intercept.data()};
  const engine::Host host;
  engine::Message message{};
  const engine::Code code = engine_table().predict(&X, &view, what, out, stride, threads, &host, &message);
  if (code == engine::Code::invalid) {
    check_finite(X);
    scores_overflow();
  }
  check(code, message);
}

}  // namespace

template <class T>
void Model::decision_function(const Matrix& X, T* out, Index stride, int threads) const {
  check_type(type_of<T>(), X, "scores");
  predict_into(*this, X, engine::Prediction::scores, out, stride ? stride : outputs, threads);
}

void Model::predict(const Matrix& X, int* out, int threads) const {
  predict_into(*this, X, engine::Prediction::classes, out, multilabel ? outputs : 1, threads);
}

template <class T>
void Model::predict_proba(const Matrix& X, T* out, Index stride, int threads) const {
  check_probabilities(*this);
  check_type(type_of<T>(), X, "probabilities");
  predict_into(*this, X, engine::Prediction::probabilities, out, stride ? stride : classes, threads);
}

template <class T>
void Model::predict_log_proba(const Matrix& X, T* out, Index stride, int threads) const {
  check_probabilities(*this);
  check_type(type_of<T>(), X, "probabilities");
  predict_into(*this, X, engine::Prediction::log_probabilities, out, stride ? stride : classes, threads);
}

bool Model::has_probabilities() const { return loss == Loss::logistic || loss == Loss::softmax || loss == Loss::squared_sigmoid; }

#define LINCLASS_INSTANTIATE(T)                                                \
  template void Model::decision_function(const Matrix&, T*, Index, int) const; \
  template void Model::predict_proba(const Matrix&, T*, Index, int) const;     \
  template void Model::predict_log_proba(const Matrix&, T*, Index, int) const;
LINCLASS_INSTANTIATE(float)
LINCLASS_INSTANTIATE(double)
#undef LINCLASS_INSTANTIATE

}  // namespace linclass
