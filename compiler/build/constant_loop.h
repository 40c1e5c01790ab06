// What is constant once constant loops are unrolled.
#pragma once

namespace clang {
class ASTContext;
class Expr;
class ForStmt;
class VarDecl;
}  // namespace clang

namespace llmc {

// The variable of a `for` that starts, ends and steps by values that are constant under `is_unroll_constant`, and whose body leaves
// that variable alone; null for any other loop.
const clang::VarDecl* constant_loop_variable(const clang::ForStmt& loop, clang::ASTContext& context);

// True for those, and for loops that count an unsigned variable up from anywhere to a constant in constant steps (a workgroup's threads
// sharing the elements of an array): a constant bounds their trips. The condition may have further terms (`&&`).
bool has_constant_bound(const clang::ForStmt& loop, clang::ASTContext& context);

// Literals, constant expressions, variables of constant loops, `const` locals made of such, and arithmetic on them.
bool is_unroll_constant(const clang::Expr& expression, clang::ASTContext& context);

}  // namespace llmc
