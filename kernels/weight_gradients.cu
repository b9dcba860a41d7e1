// Weight and bias gradients of many linear layers in one launch: for every task
//   result (M, N) += leftᵀ right,  bias (M) += column sums of left,   left (K, M) = gradient of the layer's output, right (K, N) = its input,
// with K rows of the batch; for a layer that is applied to n tokens of each example K = batch * n and row k of right lies at
// (k / n) right_stride + (k % n) 64. A block of threads computes a tile of 64 x 128 or 128 x 64 over chunk_rows of the K rows; tiles of one
// task that differ in their rows add up by atomics; where one chunk covers all rows (deterministic), results repeat.
//
// Operands become fp16 pairs (common/half_pair.cuh) on their way to shared memory, once a block, 32 rows at a time. Gradients have no known
// range, so each side is scaled by a power of two for the largest magnitude of the block's first rows, with room for 16 times as much. Where a
// later value does not fit, the barrier tells all threads, and the step is staged once more with smaller scales, sums so far scaled with them.
#include "common/dependent.cuh"
#include "common/grid_barrier.cuh"
#include "common/half_pair.cuh"
#include "common/reduce.cuh"

constexpr int THREADS = 256;
constexpr int WARPS = THREADS / WARP;
constexpr int DEPTH = 32;             // Rows staged at a time,
constexpr int GROUP = 16;             // and those that one instruction multiplies.
constexpr int WIDE = 128;             // Columns of a tile on one side,
constexpr int NARROW = 64;            // and on the other.
constexpr int PATCH = 32;             // Either side of what a warp computes of a tile.
constexpr int WIDE_ROWS = THREADS / (WIDE / 4); // Rows of the wide side that the block loads at once,
constexpr int NARROW_ROWS = THREADS / (NARROW / 4); // and of the narrow one.
constexpr int WIDE_BYTES = 2 * WIDE;  // A staged row.
constexpr int NARROW_BYTES = 2 * NARROW;
constexpr int NARROW_PLACE = GROUP * WIDE_BYTES; // Where the narrow side lies in a group of rows.
constexpr int GROUP_BYTES = NARROW_PLACE + GROUP * NARROW_BYTES;
constexpr int LOW_PLACE = DEPTH / GROUP * GROUP_BYTES; // Where low parts lie behind high ones.
constexpr int STAGE_BYTES = 2 * LOW_PLACE;
constexpr float ROOM = 0.25f;         // Scales put the largest magnitude into [2^11, 2^12); fp16 ends at 2^16.
constexpr int TOKEN = 64;
constexpr int MOST_TASKS = WARP;      // A lane looks at each.

struct Task {
    const float* left;
    const float* right;
    float* result;
    float* bias;
    int left_stride;
    int right_stride;
    int left_columns;  // M, a multiple of 4
    int right_columns; // N, a multiple of 4
    int rows;          // K
    int tokens;        // n
    int first_block;   // of the grid
    int chunks;
    int chunk_rows;
    int left_is_wide;  // tiles are 128 x 64
    int tower;         // that it belongs to
};

struct Tasks {
    Task of[MOST_TASKS];
    unsigned* done[2]; // of both towers (towers.cuh), where the launch starts while they still run
    int* counter;      // zero between launches; only with done
    int count;
};

// A thread's four columns of one side, with rows counted from the example of the block's first row on.
struct Side {
    const float* values;
    int first_row;       // of the block
    int stride;          // from row to row,
    int carry;           // and how much more from example to example
    unsigned reciprocal; // 2^32 / rows of an example, rounded up; 0 where each is one row

    __device__ __forceinline__ Side(const float* matrix, int row, int stride, int tokens)
        : values(matrix + (long long)(row / tokens) * stride), first_row(row % tokens), stride(tokens > 1 ? TOKEN : stride),
          carry(stride - tokens * TOKEN), reciprocal(0xffffffffu / tokens + 1) {}

    // The high half of the product is row / tokens for rows below 2^32 / tokens, since it is too large by less than row tokens / 2^32.
    __device__ __forceinline__ const float4* place(int row) const {
        return reinterpret_cast<const float4*>(values + (unsigned)(row * stride + (int)__umulhi(row, reciprocal) * carry));
    }
};

// Every APART-th row from `row` on; zeros from `end` on unless WHOLE.
template <int APART, bool WHOLE, int COUNT>
__device__ __forceinline__ void load_rows(float4 (&values)[COUNT], const Side& side, int row, int end) {
    #pragma unroll
    for (int i = 0; i < COUNT; i++) {
        values[i] = WHOLE || row + i * APART < end ? *side.place(side.first_row + row + i * APART) : make_float4(0, 0, 0, 0);
    }
}

// What a thread has of a step: of the wide side rows t / 32 + 8 i, of the narrow one rows t / 16 + 16 i.
struct Rows {
    float4 wide[DEPTH / WIDE_ROWS];
    float4 narrow[DEPTH / NARROW_ROWS];
};

// As bits, which compare like magnitudes. A NaN has none.
template <int COUNT> __device__ __forceinline__ unsigned largest_magnitude(const float4 (&values)[COUNT]) {
    float largest = 0;
    #pragma unroll
    for (int i = 0; i < COUNT; i++) {
        const float4& v = values[i];
        largest = fmaxf(largest, fmaxf(fmaxf(fabsf(v.x), fabsf(v.y)), fmaxf(fabsf(v.z), fabsf(v.w))));
    }
    return __float_as_uint(largest);
}

// A byte of a staged row: pieces of 16 bytes change places, so that eight rows of a matrix meet 32 banks.
__device__ __forceinline__ int swizzled(int row, int byte) { return byte ^ row % 8 * 16; }

template <bool EXACT> __device__ __forceinline__ void store_pairs(unsigned char* place, const float4& v, float scale, unsigned& overflow) {
    const uint4 pairs = to_pairs<EXACT>(v.x * scale, v.y * scale, v.z * scale, v.w * scale);
    *reinterpret_cast<uint2*>(place) = make_uint2(pairs.x, pairs.y);
    if (EXACT) {
        *reinterpret_cast<uint2*>(place + LOW_PLACE) = make_uint2(pairs.z, pairs.w);
    }
    overflow = note_overflow(note_overflow(overflow, pairs.x), pairs.y);
}

template <int COUNT> __device__ __forceinline__ void add(float4& sum, const float4 (&values)[COUNT]) {
    #pragma unroll
    for (int i = 0; i < COUNT; i++) {
        sum.x += values[i].x;
        sum.y += values[i].y;
        sum.z += values[i].z;
        sum.w += values[i].w;
    }
}

// c (32, 32) += a b over a group of rows: a and b are the lane's addresses of either 16 columns of the patches.
template <bool EXACT>
__device__ __forceinline__ void multiply_patch(float (&c)[2][4][4], const SharedAddress (&a)[2], const SharedAddress (&b)[2], int group) {
    HalfPairs left[2];
    #pragma unroll
    for (int m = 0; m < 2; m++) {
        load_matrices_transposed(left[m].high, a[m] + group);
        if (EXACT) {
            load_matrices_transposed(left[m].low, a[m] + group + LOW_PLACE);
        }
    }
    #pragma unroll
    for (int n = 0; n < 2; n++) {
        HalfPairs right;
        load_matrices_transposed(right.high, b[n] + group);
        if (EXACT) {
            load_matrices_transposed(right.low, b[n] + group + LOW_PLACE);
            #pragma unroll
            for (int i = 0; i < 4; i++) { // Four sums take turns, so that no product waits for the one before.
                multiply_add(c[i / 2][2 * n + i % 2], left[i / 2].low, right.high[i % 2 * 2], right.high[i % 2 * 2 + 1], c[i / 2][2 * n + i % 2]);
            }
            #pragma unroll
            for (int i = 0; i < 4; i++) {
                multiply_add(c[i / 2][2 * n + i % 2], left[i / 2].high, right.low[i % 2 * 2], right.low[i % 2 * 2 + 1], c[i / 2][2 * n + i % 2]);
            }
        }
        #pragma unroll
        for (int i = 0; i < 4; i++) {
            multiply_add(c[i / 2][2 * n + i % 2], left[i / 2].high, right.high[i % 2 * 2], right.high[i % 2 * 2 + 1], c[i / 2][2 * n + i % 2]);
        }
    }
}

typedef unsigned char Staged[2][STAGE_BYTES];
static_assert(sizeof(Staged) <= 48 * 1024, "what a kernel may have of static shared memory");

// What block `block` of a task computes.
template <bool EXACT, bool LEFT_IS_WIDE> __device__ __forceinline__ void compute_tile(const Task& task, int block, Staged& staged) {
    static_assert(WARPS == WIDE / PATCH * (NARROW / PATCH), "a patch for every warp");
    static_assert(WIDE_ROWS == 8 && NARROW_ROWS == GROUP, "swizzled rows of a thread lie a constant apart");
    const int lane = lane_index();
    const int tile = block / task.chunks;
    constexpr int left_width = LEFT_IS_WIDE ? WIDE : NARROW;
    constexpr int right_width = LEFT_IS_WIDE ? NARROW : WIDE;
    const int tiles_n = (task.right_columns + right_width - 1) / right_width;
    const int first_m = tile / tiles_n * left_width;
    const int first_n = tile % tiles_n * right_width;
    const int first_row = block % task.chunks * task.chunk_rows;
    const int rows_left = min(task.rows - first_row, task.chunk_rows);
    const int left_columns = task.left_columns - first_m;
    const int right_columns = task.right_columns - first_n;
    const int wide_columns = LEFT_IS_WIDE ? left_columns : right_columns;
    const int narrow_columns = LEFT_IS_WIDE ? right_columns : left_columns;
    const bool with_bias = first_n == 0 && task.bias != nullptr;

    // Threads whose columns lie outside read the first ones instead; what comes of these is not added to the result.
    const int wide_column = threadIdx.x % (WIDE / 4) * 4;
    const int wide_row = threadIdx.x / (WIDE / 4);
    const int narrow_column = threadIdx.x % (NARROW / 4) * 4;
    const int narrow_row = threadIdx.x / (NARROW / 4);
    const int wide_offset = wide_column < wide_columns ? wide_column : 0;
    const int narrow_offset = narrow_column < narrow_columns ? narrow_column : 0;
    const Side left(task.left + first_m + (LEFT_IS_WIDE ? wide_offset : narrow_offset), first_row, task.left_stride, 1);
    const Side right(task.right + first_n + (LEFT_IS_WIDE ? narrow_offset : wide_offset), first_row, task.right_stride, task.tokens);
    const Side wide = LEFT_IS_WIDE ? left : right;
    const Side narrow = LEFT_IS_WIDE ? right : left;
    const auto fetch = [&](Rows& rows, int step) {
        const int first = step * DEPTH;
        if (first + DEPTH <= rows_left) { // All steps but the last: no row is checked, no zeros are made ready.
            load_rows<WIDE_ROWS, true>(rows.wide, wide, first + wide_row, rows_left);
            load_rows<NARROW_ROWS, true>(rows.narrow, narrow, first + narrow_row, rows_left);
        } else {
            load_rows<WIDE_ROWS, false>(rows.wide, wide, first + wide_row, rows_left);
            load_rows<NARROW_ROWS, false>(rows.narrow, narrow, first + narrow_row, rows_left);
        }
    };

    float accumulators[2][4][4] = {};
    float wide_scale = pair_scale(0);
    float narrow_scale = pair_scale(0);
    // Scales for what all threads have of a step; they only ever fall. `largest` is shared memory that is staged into afterwards.
    const auto fit_scales = [&](const Rows& rows, unsigned* largest) {
        const unsigned of_wide = warp_max(largest_magnitude(rows.wide));
        const unsigned of_narrow = warp_max(largest_magnitude(rows.narrow));
        if (lane == 0) {
            largest[warp_index()] = of_wide;
            largest[WARPS + warp_index()] = of_narrow;
        }
        __syncthreads();
        const float next_wide = fminf(wide_scale, ROOM * pair_scale(warp_max(largest[lane % WARPS])));
        const float next_narrow = fminf(narrow_scale, ROOM * pair_scale(warp_max(largest[WARPS + lane % WARPS])));
        __syncthreads();
        const float factor = next_wide * undo(wide_scale) * (next_narrow * undo(narrow_scale));
        #pragma unroll
        for (int i = 0; i < 32; i++) {
            accumulators[i / 16][i / 4 % 4][i % 4] *= factor;
        }
        wide_scale = next_wide;
        narrow_scale = next_narrow;
    };
    const int wide_target = wide_row * WIDE_BYTES + swizzled(wide_row, 2 * wide_column);
    const int narrow_target = NARROW_PLACE + narrow_row * NARROW_BYTES + swizzled(narrow_row, 2 * narrow_column);
    const auto stage = [&](const Rows& rows, unsigned char* target) { // Whether a value was too large.
        unsigned overflow = 0;
        #pragma unroll
        for (int i = 0; i < DEPTH / WIDE_ROWS; i++) {
            const int place = i / 2 * GROUP_BYTES + i % 2 * WIDE_ROWS * WIDE_BYTES;
            store_pairs<EXACT>(target + wide_target + place, rows.wide[i], wide_scale, overflow);
        }
        #pragma unroll
        for (int i = 0; i < DEPTH / NARROW_ROWS; i++) {
            store_pairs<EXACT>(target + narrow_target + i * GROUP_BYTES, rows.narrow[i], narrow_scale, overflow);
        }
        return overflow != 0;
    };

    // A warp's patch. Rows of the fragments are columns of right, so that eight lanes add to neighbours in a row of the result.
    const int patch_wide = warp_index() % (WIDE / PATCH) * PATCH;
    const int patch_narrow = warp_index() / (WIDE / PATCH) * PATCH;
    const bool is_inside = patch_wide < wide_columns && patch_narrow < narrow_columns;
    const int a_row = lane % 8 + lane / 16 * 8;
    const int b_row = lane % 16;
    const int a_first = LEFT_IS_WIDE ? NARROW_PLACE + a_row * NARROW_BYTES : a_row * WIDE_BYTES;
    const int b_first = LEFT_IS_WIDE ? b_row * WIDE_BYTES : NARROW_PLACE + b_row * NARROW_BYTES;
    const int a_byte = 2 * (LEFT_IS_WIDE ? patch_narrow : patch_wide) + lane / 8 % 2 * 16;
    const int b_byte = 2 * (LEFT_IS_WIDE ? patch_wide : patch_narrow) + lane / 16 * 16;
    const int a_places[2] = {a_first + swizzled(a_row, a_byte), a_first + swizzled(a_row, a_byte + 32)};
    const int b_places[2] = {b_first + swizzled(b_row, b_byte), b_first + swizzled(b_row, b_byte + 32)};

    const int steps = (rows_left + DEPTH - 1) / DEPTH;
    float4 bias_sum = make_float4(0, 0, 0, 0);
    Rows rows;
    fetch(rows, 0);
    fit_scales(rows, reinterpret_cast<unsigned*>(staged[0]));
    for (int step = 0; step < steps; step++) {
        unsigned char* const target = staged[step % 2]; // Two take turns, so that one barrier a step is enough.
        if (__syncthreads_or(stage(rows, target))) {
            fit_scales(rows, reinterpret_cast<unsigned*>(target));
            stage(rows, target);
            __syncthreads();
        }
        if (with_bias) {
            if (LEFT_IS_WIDE) {
                add(bias_sum, rows.wide);
            } else {
                add(bias_sum, rows.narrow);
            }
        }
        if (step + 1 < steps) {
            fetch(rows, step + 1); // They come while the staged ones are multiplied.
        }
        if (is_inside) {
            const SharedAddress base = shared_address(target);
            const SharedAddress a[2] = {base + a_places[0], base + a_places[1]};
            const SharedAddress b[2] = {base + b_places[0], base + b_places[1]};
            #pragma unroll
            for (int group = 0; group < DEPTH / GROUP; group++) {
                multiply_patch<EXACT>(accumulators, a, b, group * GROUP_BYTES);
            }
        }
    }

    // Atomics also where no other block adds to the same: nothing waits for them.
    const float undo_wide = undo(wide_scale);
    const float undo_narrow = undo(narrow_scale);
    const int m = (LEFT_IS_WIDE ? patch_wide : patch_narrow) + 2 * (lane % 4);
    const int n = (LEFT_IS_WIDE ? patch_narrow : patch_wide) + lane / 4;
    float* const result = task.result + (long long)(first_m + m) * task.right_columns + first_n + n;
    #pragma unroll
    for (int i = 0; i < 8; i++) {
        const int of_m = i / 2 * 8 + i % 2;
        float* const row = result + (long long)of_m * task.right_columns;
        #pragma unroll
        for (int j = 0; j < 4; j++) {
            if (m + of_m < left_columns && n + 8 * j < right_columns) {
                atomicAdd(row + 8 * j, accumulators[j / 2][i / 2][j % 2 * 2 + i % 2] * undo_wide * undo_narrow);
            }
        }
    }
    if (with_bias) {
        float* sums = reinterpret_cast<float*>(staged[0]);
        __syncthreads();
        *reinterpret_cast<float4*>(sums + 4 * threadIdx.x) = bias_sum; // Four columns lie side by side in a part.
        __syncthreads();
        if ((int)threadIdx.x < min(left_width, left_columns)) {
            float sum = 0;
            for (int part = 0; part < 4 * THREADS / left_width; part++) {
                sum += sums[part * left_width + threadIdx.x];
            }
            atomicAdd(task.bias + first_m + threadIdx.x, sum);
        }
    }
}

template <bool EXACT> __device__ __forceinline__ void weight_gradients(const Tasks& tasks) {
    __shared__ __align__(16) Staged staged;
    const int lane = lane_index();
    const bool is_reached = lane < tasks.count && (int)blockIdx.x >= tasks.of[lane].first_block;
    const Task& task = tasks.of[__popc(__ballot_sync(FULL_WARP, is_reached)) - 1];
    const int block = blockIdx.x - task.first_block;
    if (tasks.counter != nullptr) {
        GridBarrier::wait_until_done(tasks.done[task.tower]);
    }
    if (task.left_is_wide) {
        compute_tile<EXACT, true>(task, block, staged);
    } else {
        compute_tile<EXACT, false>(task, block, staged);
    }
    if (tasks.counter != nullptr && threadIdx.x == 0 && atomicAdd(tasks.counter, 1) == (int)gridDim.x - 1) {
        *tasks.counter = 0;
        *tasks.done[0] = 0;
        *tasks.done[1] = 0;
        wait_for_launch_before(); // So that whatever waits for this launch waits for the towers too.
    }
}

extern "C" __global__ void __launch_bounds__(256, 2) weight_gradients_exact(LARGE_ARGUMENT(Tasks) tasks) { weight_gradients<true>(tasks); }
extern "C" __global__ void __launch_bounds__(256, 2) weight_gradients_tf32(LARGE_ARGUMENT(Tasks) tasks) { weight_gradients<false>(tasks); }
