// Every format: a new one is a file in formats/ and a line here (and its packing in compiler/plan/layout_x86.cpp).
#pragma once
#include "kernels/x86/formats/floats.h"
#include "kernels/x86/formats/q2_k.h"
#include "kernels/x86/formats/q3_k.h"
#include "kernels/x86/formats/q4_0.h"
#include "kernels/x86/formats/q4_1.h"
#include "kernels/x86/formats/q4_k.h"
#include "kernels/x86/formats/q5_0.h"
#include "kernels/x86/formats/q5_1.h"
#include "kernels/x86/formats/q5_k.h"
#include "kernels/x86/formats/q6_k.h"
#include "kernels/x86/formats/q8_0.h"
