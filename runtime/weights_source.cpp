#include "runtime/weights_source.h"
#include <filesystem>
#include <future>
#include <sys/mman.h>
#include "common/error.h"
#include "compiler/gguf/gguf.h"
#include "compiler/pack/weight_pieces.h"

namespace llmc {
namespace {

constexpr u64 piece_bytes = 1u << 20;  // of repacked weights

bool on_gpu(const Plan& plan) { return layout_of(plan) == Layout::gpu; }

class EmbeddedWeights : public WeightsSource {
 public:
  EmbeddedWeights(const Image& image, bool check) : image_(image) {
    if (check) check_ = std::async(std::launch::async, [this] { image_.check_weights(); });
  }

  const void* place(Device& device, const Plan& plan) const override {
    if (image_.weights().size() != plan.weight_bytes) {
      fail(Exit::bad_input, "{}: the weights have {} bytes, the plan says {}. Make the program again.", image_.path(), image_.weights().size(),
           plan.weight_bytes);
    }
    if (!on_gpu(plan)) {
      // The first token reads all of them: have the kernel fetch ahead. A hint, so a refusal changes nothing.
      madvise(const_cast<u8*>(image_.weights().data()), image_.weights().size(), MADV_WILLNEED);
      return device.place_weights(image_.weights());
    }
    const void* placed = device.place_weights(image_.weights());
    if (check_.valid()) check_.get();
    return placed;
  }

 private:
  const Image& image_;
  mutable std::future<void> check_;
};

class RepackedWeights : public WeightsSource {
 public:
  explicit RepackedWeights(std::unique_ptr<GgufFile> file) : file_(std::move(file)) {}

  const void* place(Device& device, const Plan& plan) const override {
    const WeightPieces packed(plan, *file_, piece_bytes);
    Pieces pieces;
    for (size_t i = 0; i < packed.count(); ++i) pieces.ranges.push_back({packed.piece(i).offset, packed.piece(i).bytes});
    pieces.make = [&](size_t i, u8* out) { packed.pack(i, out); };
    void* placed = device.allocate(plan.weight_bytes);
    device.upload_pieces(placed, pieces);
    return placed;
  }

 private:
  std::unique_ptr<GgufFile> file_;
};

}  // namespace

std::unique_ptr<WeightsSource> embedded_weights(const Image& image, const Plan& plan) {
  return std::make_unique<EmbeddedWeights>(image, on_gpu(plan));
}

std::string extern_weights_file(const Image& image, const std::string& path) {
  require(image.extern_weights().has_value(), "extern weights of a program that holds its own");
  const std::string& wanted = *image.extern_weights();
  if (!path.empty()) return path;
  const std::string beside = (std::filesystem::path(image.path()).parent_path() / std::filesystem::path(wanted).filename()).string();
  std::error_code fault;
  if (!std::filesystem::exists(beside, fault)) {
    fail(Exit::usage, "This program was compiled with --weights=extern and reads its weights from {}; {} is not there. Give the GGUF it was compiled from: --weights FILE.",
         wanted, beside);
  }
  return beside;
}

std::unique_ptr<WeightsSource> extern_weights(const Image& image, const std::string& path) {
  const std::string chosen = extern_weights_file(image, path);
  std::unique_ptr<GgufFile> file = GgufFile::open(chosen);
  if (gguf_identity(*file) != image.identity()) {
    fail(Exit::bad_input, "{} is another model than the one this program was compiled from ({}): metadata and tensor table differ. Give that file with --weights, or compile this one.",
         chosen, *image.extern_weights());
  }
  return std::make_unique<RepackedWeights>(std::move(file));
}

}  // namespace llmc
