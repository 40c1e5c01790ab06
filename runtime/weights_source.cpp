#include "runtime/weights_source.h"
#include <atomic>
#include <exception>
#include <filesystem>
#include <future>
#include <thread>
#include <vector>
#include <sys/mman.h>
#include "common/error.h"
#include "compiler/gguf/gguf.h"
#include "compiler/pack/weight_pieces.h"

namespace llmc {
namespace {

bool on_gpu(const Plan& plan) { return layout_of(plan) == Layout::gpu; }

class EmbeddedWeights : public WeightsSource {
 public:
  explicit EmbeddedWeights(const Image& image) : image_(image) {}

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
    std::future<void> check = std::async(std::launch::async, [this] { image_.check_weights(); });
    const void* placed = device.place_weights(image_.weights());
    check.get();
    return placed;
  }

 private:
  const Image& image_;
};

// Packs pieces [first, last) on all threads; piece i goes to out + (its offset - the first one's).
void pack_parallel(const WeightPieces& pieces, size_t first, size_t last, u8* out) {
  std::atomic<size_t> next = first;
  const u64 base = pieces.piece(first).offset;
  const auto work = [&] {
    for (size_t i = next++; i < last; i = next++) pieces.pack(i, out + (pieces.piece(i).offset - base));
  };
  const size_t count = std::min<size_t>(std::max(1u, std::thread::hardware_concurrency()), last - first);
  std::vector<std::jthread> threads;
  for (size_t i = 1; i < count; ++i) threads.emplace_back(work);
  work();
}

class AnonymousMemory {
 public:
  explicit AnonymousMemory(u64 bytes) : bytes_(bytes) {
    void* address = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (address == MAP_FAILED) fail(Exit::memory, "No memory for {} bytes of weights. Compile with --weights=embed, which maps them from the program.", bytes);
    data_ = static_cast<u8*>(address);
    madvise(data_, bytes, MADV_HUGEPAGE);
  }
  ~AnonymousMemory() { munmap(data_, bytes_); }
  AnonymousMemory(const AnonymousMemory&) = delete;
  AnonymousMemory& operator=(const AnonymousMemory&) = delete;
  u8* data() const { return data_; }
  std::span<const u8> bytes() const { return {data_, bytes_}; }

 private:
  u8* data_;
  u64 bytes_;
};

class RepackedWeights : public WeightsSource {
 public:
  explicit RepackedWeights(std::unique_ptr<GgufFile> file) : file_(std::move(file)) {}

  const void* place(Device& device, const Plan& plan) const override {
    const WeightPieces pieces(plan, *file_);
    if (!on_gpu(plan)) {
      memory_ = std::make_unique<AnonymousMemory>(plan.weight_bytes);
      pack_parallel(pieces, 0, pieces.count(), memory_->data());
      return device.place_weights(memory_->bytes());
    }
    // In rounds, so that a model larger than the host's memory goes through.
    constexpr u64 round_bytes = 256u << 20;
    auto* placed = static_cast<u8*>(device.allocate(plan.weight_bytes));
    std::vector<u8> staging;
    for (size_t first = 0; first < pieces.count();) {
      const u64 base = pieces.piece(first).offset;
      size_t last = first;
      u64 end = base;
      do end = pieces.piece(last).offset + pieces.piece(last).bytes;
      while (++last < pieces.count() && end - base < round_bytes);
      staging.resize(std::max<u64>(staging.size(), end - base));
      pack_parallel(pieces, first, last, staging.data());
      device.upload(placed + base, staging.data(), end - base);
      first = last;
    }
    return placed;
  }

 private:
  std::unique_ptr<GgufFile> file_;
  mutable std::unique_ptr<AnonymousMemory> memory_;
};

}  // namespace

std::unique_ptr<WeightsSource> embedded_weights(const Image& image) { return std::make_unique<EmbeddedWeights>(image); }

std::unique_ptr<WeightsSource> extern_weights(const Image& image, const std::string& path) {
  require(image.extern_weights().has_value(), "extern weights of a program that holds its own");
  const std::string& wanted = *image.extern_weights();
  const std::string beside = (std::filesystem::path(image.path()).parent_path() / std::filesystem::path(wanted).filename()).string();
  const std::string& chosen = path.empty() ? beside : path;
  if (path.empty() && !std::filesystem::exists(beside)) {
    fail(Exit::usage, "This program was compiled with --weights=extern and reads its weights from {}; {} is not there. Give the GGUF it was compiled from: --weights FILE.",
         wanted, beside);
  }
  std::unique_ptr<GgufFile> file = GgufFile::open(chosen);
  if (gguf_identity(*file) != image.identity()) {
    fail(Exit::bad_input, "{} is another model than the one this program was compiled from ({}): metadata and tensor table differ. Give that file with --weights, or compile this one.",
         chosen, wanted);
  }
  return std::make_unique<RepackedWeights>(std::move(file));
}

}  // namespace llmc
