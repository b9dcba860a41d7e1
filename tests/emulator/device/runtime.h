// What a compiled kernel source and the emulated driver know of each other. Read by clang as part of every kernel source, so it includes
// nothing.
#ifndef AUTOTOWER_EMULATOR_RUNTIME_H
#define AUTOTOWER_EMULATOR_RUNTIME_H

namespace emulator {

enum class BarrierKind { Wait, And, Or, Count };
enum class WarpKind { Wait, Index, Up, Down, Xor, Ballot };

// What the threads of a block can ask the driver for; file and line name the caller in reports.
struct Runtime {
    int (*barrier)(BarrierKind kind, int predicate, const char* file, int line);
    unsigned long long (*warp)(WarpKind kind, unsigned mask, unsigned long long value, int operand, int width, const char* file, int line);
    void (*grid)(const char* file, int line); // waits until other blocks have gone on
    void (*fail)(const char* file, int line, const char* what);
};

struct Extent {
    unsigned x, y, z;
};

// The special registers of the thread that runs; the driver writes them whenever it switches threads.
struct State {
    Extent thread, block, block_size, grid_size;
    unsigned char* dynamic_shared;
    const Runtime* runtime;
};

struct Parameter {
    unsigned long long offset, size;
};

// One kernel of a source; the table ends with a null name.
struct Kernel {
    const char* name;
    void (*run)(void** arguments);
    const Parameter* parameters;
    int parameter_count;
    int max_threads;
};

// The exported symbol "autotower_module".
struct Module {
    State* state;
    const Kernel* kernels;
    unsigned char* shared_begin; // static shared memory of all kernels together
    unsigned char* shared_end;
};

} // namespace emulator

#endif
