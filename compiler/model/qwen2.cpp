// qwen2: Qwen2 and Qwen2.5. Biases on Q, K and V; RoPE rotates the two halves of a head.
#include "compiler/model/reader.h"

namespace llmc {

void read_qwen2(ModelReader& reader) {
  reader.model.rope_order = RopeOrder::halves;
  reader.read_shape();
  reader.read_rope_freqs();
  reader.read_embeddings();
  reader.read_layers(ModelReader::Biases::required, ModelReader::HeadNorms::none);
}

}  // namespace llmc
