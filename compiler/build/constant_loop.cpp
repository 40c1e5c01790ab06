#include "compiler/build/constant_loop.h"
#include <clang/AST/ASTContext.h>
#include <clang/AST/ExprCXX.h>
#include <clang/AST/ParentMapContext.h>
#include <clang/Analysis/Analyses/ExprMutationAnalyzer.h>

namespace llmc {
namespace {

using namespace clang;

const VarDecl* variable_in(const Expr* expression) {
  const auto* reference = dyn_cast<DeclRefExpr>(expression->IgnoreParenImpCasts());
  return reference ? dyn_cast<VarDecl>(reference->getDecl()) : nullptr;
}

bool declares(const Stmt* init, const VarDecl* variable) {
  const auto* statement = dyn_cast_or_null<DeclStmt>(init);
  return statement && llvm::is_contained(statement->decls(), static_cast<const Decl*>(variable));
}

bool starts_constantly(const VarDecl* variable, ASTContext& context) {
  return variable->getInit() && is_unroll_constant(*variable->getInit(), context);
}

bool steps_constantly(const Expr* step, const VarDecl* variable, ASTContext& context) {
  if (!step) return false;
  step = step->IgnoreParenImpCasts();
  if (const auto* unary = dyn_cast<UnaryOperator>(step)) return unary->isIncrementDecrementOp() && variable_in(unary->getSubExpr()) == variable;
  const auto* assignment = dyn_cast<CompoundAssignOperator>(step);
  return assignment && variable_in(assignment->getLHS()) == variable && is_unroll_constant(*assignment->getRHS(), context);
}

bool counts_up(const Expr* step) {
  step = step->IgnoreParenImpCasts();
  if (const auto* unary = dyn_cast<UnaryOperator>(step)) return unary->isIncrementOp();
  return cast<CompoundAssignOperator>(step)->getOpcode() == BO_AddAssign;
}

// The variable that the loop declares, compares with a constant in `condition`, steps by a constant and changes nowhere else.
const VarDecl* counter_of(const ForStmt& loop, const Expr* condition, ASTContext& context) {
  const auto* comparison = dyn_cast_or_null<BinaryOperator>(condition ? condition->IgnoreParenImpCasts() : nullptr);
  if (!comparison || !comparison->isComparisonOp()) return nullptr;
  for (const auto& [side, bound] : {std::pair(comparison->getLHS(), comparison->getRHS()), std::pair(comparison->getRHS(), comparison->getLHS())}) {
    const VarDecl* variable = variable_in(side);
    if (variable && declares(loop.getInit(), variable) && is_unroll_constant(*bound, context) &&
        steps_constantly(loop.getInc(), variable, context) && !ExprMutationAnalyzer(*loop.getBody(), context).isMutated(variable))
      return variable;
  }
  return nullptr;
}

bool bounded_by(const ForStmt& loop, const Expr* condition, ASTContext& context) {
  const auto* both = dyn_cast_or_null<BinaryOperator>(condition ? condition->IgnoreParenImpCasts() : nullptr);
  if (both && both->getOpcode() == BO_LAnd) return bounded_by(loop, both->getLHS(), context) || bounded_by(loop, both->getRHS(), context);
  const VarDecl* variable = counter_of(loop, condition, context);
  if (!variable) return false;
  if (starts_constantly(variable, context)) return true;
  const bool below = both->isRelationalOp() && (both->getOpcode() == BO_LT || both->getOpcode() == BO_LE) == (variable_in(both->getLHS()) == variable);
  return below && variable->getType()->isUnsignedIntegerType() && counts_up(loop.getInc());
}

// The `for` whose init declares the variable.
const ForStmt* loop_of(const VarDecl& variable, ASTContext& context) {
  for (const DynTypedNode& parent : context.getParents(variable)) {
    const auto* statement = parent.get<DeclStmt>();
    if (!statement) continue;
    for (const DynTypedNode& grandparent : context.getParents(*statement)) {
      const auto* loop = grandparent.get<ForStmt>();
      if (loop && loop->getInit() == statement) return loop;
    }
  }
  return nullptr;
}

bool is_constant_variable(const VarDecl& variable, ASTContext& context) {
  if (const ForStmt* loop = loop_of(variable, context)) return constant_loop_variable(*loop, context) == &variable;
  return variable.hasLocalStorage() && variable.getType().isConstQualified() && variable.getInit() &&
         is_unroll_constant(*variable.getInit(), context);
}

}  // namespace

const VarDecl* constant_loop_variable(const ForStmt& loop, ASTContext& context) {
  const VarDecl* variable = counter_of(loop, loop.getCond(), context);
  return variable && starts_constantly(variable, context) ? variable : nullptr;
}

bool has_constant_bound(const ForStmt& loop, ASTContext& context) { return bounded_by(loop, loop.getCond(), context); }

bool is_unroll_constant(const Expr& expression, ASTContext& context) {
  const Expr* e = expression.IgnoreParenImpCasts();
  if (e->isValueDependent()) return true;  // judged where the template is instantiated
  Expr::EvalResult value;
  if (e->EvaluateAsRValue(value, context) && !value.HasSideEffects) return true;
  if (const VarDecl* variable = variable_in(e)) return is_constant_variable(*variable, context);
  if (const auto* unary = dyn_cast<UnaryOperator>(e))
    return !unary->isIncrementDecrementOp() && unary->getOpcode() != UO_Deref && is_unroll_constant(*unary->getSubExpr(), context);
  if (const auto* binary = dyn_cast<BinaryOperator>(e))
    return !binary->isAssignmentOp() && is_unroll_constant(*binary->getLHS(), context) && is_unroll_constant(*binary->getRHS(), context);
  if (const auto* choice = dyn_cast<ConditionalOperator>(e))
    return is_unroll_constant(*choice->getCond(), context) && is_unroll_constant(*choice->getTrueExpr(), context) &&
           is_unroll_constant(*choice->getFalseExpr(), context);
  if (const auto* cast = dyn_cast<ExplicitCastExpr>(e)) return is_unroll_constant(*cast->getSubExpr(), context);
  if (const auto* literal = dyn_cast<SubstNonTypeTemplateParmExpr>(e)) return is_unroll_constant(*literal->getReplacement(), context);
  return false;
}

}  // namespace llmc
