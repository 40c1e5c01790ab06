// qwen3: dense Qwen3. Each head of Q and K is normalised before RoPE, which rotates the two halves of a head; no biases by default.
#include "compiler/model/reader.h"

namespace llmc {

void read_qwen3(ModelReader& reader) {
  reader.model.rope_order = RopeOrder::halves;
  reader.read_shape();
  reader.read_rope_freqs();
  reader.read_embeddings();
  reader.read_layers(ModelReader::Biases::optional, ModelReader::HeadNorms::required);
}

}  // namespace llmc
