// llama: Llama 1 to 3, Mistral, TinyLlama, SmolLM and the many models that share their arithmetic. RoPE rotates neighbouring
// elements (the converter permutes Q and K for it); Llama 3.1 and later bring frequency factors in rope_freqs.weight.
#include "compiler/model/reader.h"

namespace llmc {

void read_llama(ModelReader& reader) {
  reader.model.rope_order = RopeOrder::interleaved;
  reader.read_shape();
  reader.read_rope_freqs();
  reader.read_embeddings();
  reader.read_layers(ModelReader::Biases::optional, ModelReader::HeadNorms::none);
}

}  // namespace llmc
