// Requests and results as CBOR, between llmc and its child.
#pragma once
#include <string>
#include "compiler/build/build.h"

namespace llmc {

// A request with a target of its own, since BuildRequest only points at one.
struct OwnedRequest {
  Target target;
  BuildRequest request;
};

// What the child answers: a result, or the message of the InternalError that ended it.
struct BuildAnswer {
  bool ok = false;
  std::string error;
  BuildResult result;
};

std::string encode_request(const BuildRequest& request);
void decode_request(const std::string& bytes, OwnedRequest& owned);
std::string encode_answer(const BuildAnswer& answer);
// InternalError where the bytes are not an answer.
BuildAnswer decode_answer(const std::string& bytes);

}  // namespace llmc
