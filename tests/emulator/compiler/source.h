#pragma once
#include <string>

namespace emulator {

// Turns a preprocessed kernel source into C++: replaces the language's words that no macro can express and appends the table of kernels.
std::string finish(const std::string& preprocessed);

} // namespace emulator
