// Defaults of the sanitizers' run-time libraries, linked into every executable of a sanitized build.

extern "C" {

// LLVM's headers mark the free memory of its allocators as poisoned where they are compiled with AddressSanitizer. Its libraries are not,
// so they would hand out memory that still carries the mark.
__attribute__((no_sanitize("address", "undefined"))) const char* __asan_default_options() { return "allow_user_poisoning=0"; }

// What AMD's libraries do not free.
__attribute__((no_sanitize("address", "undefined"))) const char* __lsan_default_suppressions() {
  return "leak:libamdhip64\nleak:libamd_comgr\nleak:libhiprtc\n";
}

}  // extern "C"
