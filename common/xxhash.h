// xxHash, compiled into the file that uses it: nothing to link, and the linker drops what is not called.
#pragma once
#define XXH_INLINE_ALL
#include <xxhash.h>
