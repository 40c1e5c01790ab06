#include "compiler/build/verify.h"
#include <set>
#include <clang/AST/ASTConsumer.h>
#include <clang/ASTMatchers/ASTMatchFinder.h>
#include <clang/ASTMatchers/ASTMatchers.h>
#include <clang/Analysis/CallGraph.h>
#include <llvm/ADT/SCCIterator.h>
#include "compiler/build/constant_loop.h"

namespace llmc {
namespace {

using namespace clang;
using namespace clang::ast_matchers;

AST_MATCHER(FunctionDecl, isDependent) { return Node.isDependentContext(); }
AST_MATCHER(Expr, isDoubleValue) {
  const QualType type = Node.getType();
  if (type.isNull() || Node.isTypeDependent()) return false;
  const auto* builtin = type.getCanonicalType()->getAs<BuiltinType>();
  return builtin && (builtin->getKind() == BuiltinType::Double || builtin->getKind() == BuiltinType::LongDouble);
}

class Verifier : public ASTConsumer, private MatchFinder::MatchCallback {
 public:
  Verifier(DiagnosticsEngine& diagnostics, std::string family) : diagnostics_(diagnostics), family_(std::move(family)) {
    broken_ = diagnostics_.getCustomDiagID(DiagnosticsEngine::Error, "%0");
    const auto body = functionDecl(isDefinition(), unless(isDependent()));
    const auto hot = functionDecl(body, hasAttr(attr::Hot)).bind("function");
    finder_.addMatcher(functionDecl(body, hasAttr(attr::CUDAGlobal)).bind("kernel"), this);
    // Outermost expressions only: one message for one formula.
    finder_.addMatcher(expr(isDoubleValue(), unless(hasParent(expr(isDoubleValue()))), forFunction(body)).bind("double"), this);
    finder_.addMatcher(functionDecl(hot, forEachDescendant(stmt(anyOf(forStmt(), whileStmt(), doStmt(), cxxForRangeStmt())).bind("loop"))),
                       this);
    if (family_ != "x86") finder_.addMatcher(functionDecl(hot, forEachDescendant(arraySubscriptExpr().bind("subscript"))), this);
  }

  void HandleTranslationUnit(ASTContext& context) override {
    if (diagnostics_.hasErrorOccurred()) return;
    finder_.matchAST(context);
    check_recursion(context);
  }

 private:
  void run(const MatchFinder::MatchResult& match) override {
    ASTContext& context = *match.Context;
    if (const auto* kernel = match.Nodes.getNodeAs<FunctionDecl>("kernel")) check_launch_bounds(*kernel);
    if (const auto* value = match.Nodes.getNodeAs<Expr>("double")) check_double(*value, context);
    const auto* function = match.Nodes.getNodeAs<FunctionDecl>("function");
    if (const auto* loop = match.Nodes.getNodeAs<Stmt>("loop")) check_loop(*loop, *function, context);
    if (const auto* subscript = match.Nodes.getNodeAs<ArraySubscriptExpr>("subscript")) check_subscript(*subscript, *function, context);
  }

  // Once a place: a template's instances share their source.
  void report(SourceLocation place, const std::string& message) {
    if (reported_.insert(place.getRawEncoding()).second) diagnostics_.Report(place, broken_) << message;
  }

  void check_launch_bounds(const FunctionDecl& kernel) {
    const bool bounded = family_ == "nvidia" ? kernel.hasAttr<CUDALaunchBoundsAttr>() : kernel.hasAttr<AMDGPUFlatWorkGroupSizeAttr>();
    if (!bounded)
      report(kernel.getLocation(), "kernel '" + kernel.getNameAsString() + "' has no " +
                                       (family_ == "nvidia" ? "launch_bounds" : "amdgpu_flat_work_group_size") + " attribute");
  }

  void check_double(const Expr& value, ASTContext& context) {
    if (value.isValueDependent()) return;
    Expr::EvalResult constant;
    if (value.isPRValue() && value.EvaluateAsRValue(constant, context) && !constant.HasSideEffects) return;
    report(value.getExprLoc(), "arithmetic in double");
  }

  // LLMC_GRID_STRIDE, on the loop or around another loop hint of it.
  bool is_marked(const Stmt& loop, ASTContext& context) {
    for (const DynTypedNode& parent : context.getParents(loop)) {
      const auto* attributed = parent.get<AttributedStmt>();
      if (!attributed) continue;
      for (const Attr* attribute : attributed->getAttrs()) {
        const auto* hint = dyn_cast<LoopHintAttr>(attribute);
        if (hint && hint->getOption() == LoopHintAttr::Unroll && hint->getState() == LoopHintAttr::Disable) return true;
      }
      if (is_marked(*attributed, context)) return true;
    }
    return false;
  }

  void check_loop(const Stmt& loop, const FunctionDecl& function, ASTContext& context) {
    const auto* counted = dyn_cast<ForStmt>(&loop);
    if (counted && has_constant_bound(*counted, context)) return;
    if (is_marked(loop, context)) return;
    report(loop.getBeginLoc(), "loop without a constant bound in hot function '" + function.getNameAsString() +
                                   "': mark it LLMC_GRID_STRIDE if its length depends on the launch");
  }

  void check_subscript(const ArraySubscriptExpr& subscript, const FunctionDecl& function, ASTContext& context) {
    if (is_unroll_constant(*subscript.getIdx(), context)) return;
    // Down to the variable that the elements are part of; a pointer or a reference on the way leads out of the function's registers.
    const Expr* base = subscript.getBase()->IgnoreParenImpCasts();
    if (!base->getType()->isArrayType() && !base->getType()->isVectorType()) return;
    for (;;) {
      if (const auto* inner = dyn_cast<ArraySubscriptExpr>(base)) {
        base = inner->getBase()->IgnoreParenImpCasts();
        if (base->getType()->isPointerType()) return;
      } else if (const auto* member = dyn_cast<MemberExpr>(base)) {
        if (member->isArrow()) return;
        base = member->getBase()->IgnoreParenImpCasts();
      } else {
        break;
      }
    }
    const auto* reference = dyn_cast<DeclRefExpr>(base);
    const auto* variable = reference ? dyn_cast<VarDecl>(reference->getDecl()) : nullptr;
    if (!variable || !variable->hasLocalStorage() || variable->getType()->isReferenceType() || variable->hasAttr<CUDASharedAttr>()) return;
    report(subscript.getExprLoc(), "local '" + variable->getNameAsString() + "' in hot function '" + function.getNameAsString() +
                                       "' is indexed by a value that is no constant after unrolling");
  }

  void check_recursion(ASTContext& context) {
    CallGraph graph;
    graph.addToCallGraph(context.getTranslationUnitDecl());
    for (auto component = llvm::scc_begin(&graph); !component.isAtEnd(); ++component) {
      if (!component.hasCycle()) continue;
      std::string names;
      SourceLocation place;
      for (const CallGraphNode* node : *component) {
        const auto* function = dyn_cast_or_null<FunctionDecl>(node->getDecl());
        if (!function || !(function = function->getDefinition())) continue;
        names += (names.empty() ? "'" : ", '") + function->getNameAsString() + "'";
        if (place.isInvalid() || function->getLocation() < place) place = function->getLocation();
      }
      report(place, "recursion through " + names);
    }
  }

  DiagnosticsEngine& diagnostics_;
  std::string family_;
  unsigned broken_;
  MatchFinder finder_;
  std::set<unsigned> reported_;
};

}  // namespace

std::unique_ptr<clang::ASTConsumer> make_verifier(clang::DiagnosticsEngine& diagnostics, const std::string& family) {
  return std::make_unique<Verifier>(diagnostics, family);
}

}  // namespace llmc
