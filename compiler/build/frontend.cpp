#include "compiler/build/frontend.h"
#include <mutex>
#include <clang/Basic/DiagnosticOptions.h>
#include <clang/CodeGen/CodeGenAction.h>
#include <clang/Frontend/CompilerInstance.h>
#include <clang/Frontend/CompilerInvocation.h>
#include <clang/Frontend/MultiplexConsumer.h>
#include <clang/Frontend/TextDiagnosticPrinter.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/Support/VirtualFileSystem.h>
#include "compiler/build/verify.h"

namespace llmc {
namespace {

void initialize_targets() {
  static std::once_flag once;
  std::call_once(once, [] {
#define LLMC_INITIALIZE(name)         \
  LLVMInitialize##name##TargetInfo(); \
  LLVMInitialize##name##Target();     \
  LLVMInitialize##name##TargetMC();   \
  LLVMInitialize##name##AsmPrinter()
    LLMC_INITIALIZE(AMDGPU);
    LLMC_INITIALIZE(NVPTX);
    LLMC_INITIALIZE(X86);
    LLVMInitializeAMDGPUAsmParser();  // of inline assembly; NVPTX has none
    LLVMInitializeX86AsmParser();
#undef LLMC_INITIALIZE
  });
}

// An emitting action whose parse the verifier sees too. Its errors come before code generation, which an error stops.
template <class Action>
class VerifiedAction : public Action {
 public:
  explicit VerifiedAction(std::string family) : family_(std::move(family)) {}

 protected:
  std::unique_ptr<clang::ASTConsumer> CreateASTConsumer(clang::CompilerInstance& instance, llvm::StringRef file) override {
    std::vector<std::unique_ptr<clang::ASTConsumer>> consumers;
    consumers.push_back(make_verifier(instance.getDiagnostics(), family_));
    consumers.push_back(Action::CreateASTConsumer(instance, file));
    return std::make_unique<clang::MultiplexConsumer>(std::move(consumers));
  }

 private:
  std::string family_;
};

std::unique_ptr<clang::FrontendAction> make_action(const BuildRequest& request, Emit emit) {
  if (request.verify && request.target->family != "host" && emit != Emit::ll) {
    if (emit == Emit::object) return std::make_unique<VerifiedAction<clang::EmitObjAction>>(request.target->family);
    return std::make_unique<VerifiedAction<clang::EmitAssemblyAction>>(request.target->family);
  }
  if (emit == Emit::object) return std::make_unique<clang::EmitObjAction>();
  if (emit == Emit::assembly) return std::make_unique<clang::EmitAssemblyAction>();
  return std::make_unique<clang::EmitLLVMAction>();
}

}  // namespace

FrontendResult run_frontend(const BuildRequest& request, Emit emit) {
  initialize_targets();
  FrontendResult result;
  llvm::raw_string_ostream messages(result.diagnostics);

  auto files = llvm::makeIntrusiveRefCnt<llvm::vfs::InMemoryFileSystem>();
  files->setCurrentWorkingDirectory("/");
  files->addFile(source_path(request), 0, llvm::MemoryBuffer::getMemBuffer(request.source, request.name));
  for (const auto& [path, text] : request.headers) files->addFile("/" + path, 0, llvm::MemoryBuffer::getMemBuffer(text, path));

  auto options = llvm::makeIntrusiveRefCnt<clang::DiagnosticOptions>();
  options->ShowPresumedLoc = true;  // #line counts, as in the command-line compiler
  auto printer = std::make_unique<clang::TextDiagnosticPrinter>(messages, options.get());
  clang::DiagnosticsEngine early(llvm::makeIntrusiveRefCnt<clang::DiagnosticIDs>(), options, printer.get(), false);

  const std::vector<std::string> arguments = cc1_arguments(request, emit);
  std::vector<const char*> pointers;
  for (const std::string& argument : arguments) pointers.push_back(argument.c_str());
  auto invocation = std::make_shared<clang::CompilerInvocation>();
  if (!clang::CompilerInvocation::CreateFromArgs(*invocation, pointers, early)) return result;

  clang::CompilerInstance instance;
  instance.setInvocation(std::move(invocation));
  instance.createDiagnostics(printer.get(), false);
  instance.setVerboseOutputStream(messages);  // "2 errors generated."
  instance.createFileManager(files);
  llvm::SmallVector<char, 0> bytes;
  instance.setOutputStream(std::make_unique<llvm::raw_svector_ostream>(bytes));
  std::unique_ptr<clang::FrontendAction> action = make_action(request, emit);
  result.ok = instance.ExecuteAction(*action) && !instance.getDiagnostics().hasErrorOccurred();
  instance.clearOutputFiles(!result.ok);
  if (result.ok) result.bytes.assign(bytes.begin(), bytes.end());
  return result;
}

}  // namespace llmc
