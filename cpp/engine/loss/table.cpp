/// The table of losses: one row a loss and form. A new loss is one header and one line here.
#include <stdexcept>

#include "loss/logistic.h"
#include "loss/margin.h"
#include "loss/softmax.h"
#include "loss/squared.h"
#include "loss/squared_sigmoid.h"

namespace linclass::engine {

template <class T>
const LossFunctions<T>& find_loss(Loss loss, Multiclass form, Index outputs) {
  using L = Loss;
  using M = Multiclass;
  using Perceptron = Margin<T, 0, false>;
  using Hinge = Margin<T, 1, false>;
  using SquaredHinge = Margin<T, 1, true>;
  constexpr bool yes = true, no = false;
  static const LossFunctions<T> table[] = {
      // clang-format off
      // loss             form     smooth convex by_class link        evaluate               curvature_times              curvature_entry
      {L::logistic,        M::ovr, yes,   yes,   no,      Link::sigmoid, logistic<T>,           diagonal_times<T>,           diagonal_entry<T>},
      {L::softmax,         M::ovr, yes,   yes,   yes,     Link::softmax, softmax<T>,            softmax_curvature_times<T>,  softmax_curvature_entry<T>},
      {L::squared_sigmoid, M::ovr, yes,   no,    no,      Link::sigmoid, squared_sigmoid<T>,    diagonal_times<T>,           diagonal_entry<T>},
      {L::squared,         M::ovr, yes,   yes,   no,      Link::none,    squared<T>,            diagonal_times<T>,           diagonal_entry<T>},
      {L::perceptron,      M::ovr, no,    yes,   no,      Link::none,    Perceptron::binary,    nullptr,                     nullptr},
      {L::perceptron,      M::sum, no,    yes,   no,      Link::none,    Perceptron::sum,       nullptr,                     nullptr},
      {L::perceptron,      M::max, no,    yes,   no,      Link::none,    Perceptron::max,       nullptr,                     nullptr},
      {L::hinge,           M::ovr, no,    yes,   no,      Link::none,    Hinge::binary,         nullptr,                     nullptr},
      {L::hinge,           M::sum, no,    yes,   no,      Link::none,    Hinge::sum,            nullptr,                     nullptr},
      {L::hinge,           M::max, no,    yes,   no,      Link::none,    Hinge::max,            nullptr,                     nullptr},
      {L::squared_hinge,   M::ovr, yes,   yes,   no,      Link::none,    SquaredHinge::binary,  diagonal_times<T>,           diagonal_entry<T>},
      {L::squared_hinge,   M::sum, yes,   yes,   no,      Link::none,    SquaredHinge::sum,     arrow_times<T>,              arrow_entry<T>},
      // clang-format on
  };
  const bool margin = loss == L::perceptron || loss == L::hinge || loss == L::squared_hinge;
  const M wanted = !margin || outputs == 1 ? M::ovr : form;
  for (const auto& row : table)
    if (row.loss == loss && row.form == wanted) return row;
  throw std::invalid_argument("no such combination of loss and multiclass form");
}

template const LossFunctions<float>& find_loss<float>(Loss, Multiclass, Index);
template const LossFunctions<double>& find_loss<double>(Loss, Multiclass, Index);

}  // namespace linclass::engine
