/// A model in a file, with all that belongs to it. docs/model-file.md describes the format byte by byte.
///
///     lc::SavedModel saved{fit.model};
///     saved.labels = std::vector<std::string>{"no", "yes"};
///     lc::save("model.linclass", saved);
///     lc::SavedModel again = lc::load("model.linclass");
///     again.model.predict(X, out);
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "linclass/export.h"
#include "linclass/fit.h"
#include "linclass/model.h"

namespace linclass {

/// What the class codes stand for, in their order. Strings are UTF-8.
using Labels = std::variant<std::vector<std::int64_t>, std::vector<double>, std::vector<bool>, std::vector<std::string>>;

struct SavedModel {
  Model model{};
  Labels labels{};                           ///< one a class; empty: the codes themselves
  std::vector<std::string> feature_names{};  ///< one a column, or none; UTF-8
  std::vector<double> scale{};               ///< the penalty_scale of the fit, one a column, or none; predictions do not use it
  std::optional<Report> report{};
  std::string extra{};  ///< text of the user's own, UTF-8; Python keeps a JSON object here
};

/// Writes the file, whole or not at all: a temporary file beside it takes its place once it is on the disk. Error if that fails, or if the parts
/// do not fit each other.
LINCLASS_API void save(const std::string& path, const SavedModel& saved);

/// Reads it. Error if it cannot be read, is cut short or altered, or holds what cannot be; no length in it makes memory be asked for beyond a small
/// multiple of the file's own size.
LINCLASS_API SavedModel load(const std::string& path);

/// The same in memory.
LINCLASS_API std::vector<unsigned char> to_bytes(const SavedModel& saved);
LINCLASS_API SavedModel from_bytes(const void* bytes, std::size_t size);

}  // namespace linclass
