// Weight and bias gradients of many linear layers in one launch: for every task
//   result (M, N) += leftᵀ right,  bias (M) += column sums of left,   left (K, M) = gradient of the layer's output, right (K, N) = its input,
// with K rows of the batch; for a layer that is applied to n tokens of each example K = batch * n and row k of right lies at
// (k / n) right_stride + (k % n) 64. A block of threads computes a tile of 64 x 128 or 128 x 64 over chunk_rows of the K rows; tiles of one
// task that differ in their rows add up by atomics, or by nothing where one chunk covers all rows (deterministic).
//
// Operands become fp16 pairs (common/half_pair.cuh) on their way to shared memory, once a block, 16 rows at a time. Gradients have no known
// range, so each side is scaled by a power of two for the largest magnitude that the block has seen of it; sums so far are scaled anew when
// it has grown.
#include "common/completion.cuh"
#include "common/dependent.cuh"
#include "common/grid_barrier.cuh"
#include "common/half_pair.cuh"
#include "common/reduce.cuh"

constexpr int THREADS = 256;
constexpr int DEPTH = 16;             // Rows staged at a time.
constexpr int WIDE = 128;             // Columns of a tile on one side,
constexpr int NARROW = 64;            // and on the other.
constexpr int PATCH = 32;             // Either side of what a warp computes of a tile.
constexpr int WIDE_ROWS = 8;          // Rows of the wide side that the block stages at once.
constexpr int WIDE_STRIDE = 272;      // Bytes, 16 modulo 128: eight rows of a matrix meet 32 banks.
constexpr int NARROW_STRIDE = 144;
constexpr int WIDE_LOW = DEPTH * WIDE_STRIDE; // Where low parts lie behind high ones.
constexpr int NARROW_LOW = DEPTH * NARROW_STRIDE;
constexpr int NARROW_PLACE = 2 * WIDE_LOW;
constexpr int STAGE_BYTES = NARROW_PLACE + 2 * NARROW_LOW;
constexpr int TOKEN = 64;
constexpr int MOST_TASKS = 32;

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

// One side of the tile: the matrix from the tile's first column on.
struct Side {
    const float* values;
    int stride;
    int columns; // that are left
    int tokens;

    __device__ __forceinline__ long long place(int row) const { return (long long)(row / tokens) * stride + row % tokens * TOKEN; }
};

// From a row to the 16th behind it.
struct RowStep {
    int places;
    int tokens;
    int carry; // where the tokens reach the next example

    __device__ __forceinline__ RowStep(const Side& side)
        : places((int)side.place(DEPTH)), tokens(DEPTH % side.tokens), carry(side.stride - side.tokens * TOKEN) {}
};

// Four columns of every 16th row of a side. Rows are found by going on from the one before, which takes no division.
class RowWalk {
public:
    __device__ __forceinline__ RowWalk(const Side& side, int row, int end_row, int column)
        : place(side.values + side.place(row) + column), rows_left(column < side.columns ? end_row - row : 0), token(row % side.tokens) {}

    // The next row, or zeros past the end.
    __device__ __forceinline__ float4 next(const Side& side, const RowStep& step) {
        const float4 value = rows_left > 0 ? *reinterpret_cast<const float4*>(place) : make_float4(0, 0, 0, 0);
        rows_left -= DEPTH;
        place += step.places;
        token += step.tokens;
        if (token >= side.tokens) {
            token -= side.tokens;
            place += step.carry;
        }
        return value;
    }

private:
    const float* place;
    int rows_left;
    int token;
};

// What a thread has of 16 rows: of the wide side rows t / 32 and t / 32 + 8, of the narrow one row t / 16.
struct Rows {
    float4 wide[2];
    float4 narrow;
};

__device__ __forceinline__ float magnitude(const float4& v) { return fmaxf(fmaxf(fabsf(v.x), fabsf(v.y)), fmaxf(fabsf(v.z), fabsf(v.w))); }

template <bool EXACT> __device__ __forceinline__ void store_pairs(unsigned char* place, int low, const float4& v, float scale) {
    const uint4 pairs = to_pairs<EXACT>(v.x * scale, v.y * scale, v.z * scale, v.w * scale);
    *reinterpret_cast<uint2*>(place) = make_uint2(pairs.x, pairs.y);
    if (EXACT) {
        *reinterpret_cast<uint2*>(place + low) = make_uint2(pairs.z, pairs.w);
    }
}

__device__ __forceinline__ void add(float4& sum, const float4& v) {
    sum.x += v.x;
    sum.y += v.y;
    sum.z += v.z;
    sum.w += v.w;
}

__device__ __forceinline__ void add(float* place, float value, bool shared_with_others) {
    if (shared_with_others) {
        atomicAdd(place, value);
    } else {
        *place += value;
    }
}

// c (32, 32) += a b over 16 rows: a and b are the lane's addresses of the first 16 columns of either patch.
template <bool EXACT>
__device__ __forceinline__ void multiply_patch(float (&c)[2][4][4], SharedAddress a, int a_low, SharedAddress b, int b_low) {
    constexpr int TILE_BYTES = 16 * 2;
    HalfPairs left[2];
    #pragma unroll
    for (int m = 0; m < 2; m++) {
        load_matrices_transposed(left[m].high, a + m * TILE_BYTES);
        if (EXACT) {
            load_matrices_transposed(left[m].low, a + a_low + m * TILE_BYTES);
        }
    }
    #pragma unroll
    for (int n = 0; n < 2; n++) {
        HalfPairs right;
        load_matrices_transposed(right.high, b + n * TILE_BYTES);
        if (EXACT) {
            load_matrices_transposed(right.low, b + b_low + n * TILE_BYTES);
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

template <bool EXACT> __device__ __forceinline__ void weight_gradients(const Tasks& tasks) {
    static_assert(THREADS == WIDE_ROWS * WIDE / 4 && THREADS == DEPTH * NARROW / 4 && DEPTH == 2 * WIDE_ROWS, "what Rows says");
    static_assert(THREADS / WARP == WIDE / PATCH * (NARROW / PATCH), "a patch for every warp");
    __shared__ __align__(16) unsigned char staged[2][STAGE_BYTES];
    __shared__ unsigned largest[2][2]; // of even and odd steps so far; of the wide side and of the narrow one
    int index = 0;
    while (index + 1 < tasks.count && (int)blockIdx.x >= tasks.of[index + 1].first_block) {
        index++;
    }
    const Task& task = tasks.of[index];
    if (tasks.counter != nullptr) {
        GridBarrier::wait_until_done(tasks.done[task.tower]);
    }
    const bool left_is_wide = task.left_is_wide != 0;
    const int block = blockIdx.x - task.first_block;
    const int tile = block / task.chunks;
    const int right_width = left_is_wide ? NARROW : WIDE;
    const int tiles_n = (task.right_columns + right_width - 1) / right_width;
    const int first_m = tile / tiles_n * (left_is_wide ? WIDE : NARROW);
    const int first_n = tile % tiles_n * right_width;
    const int first_row = block % task.chunks * task.chunk_rows;
    const int end_row = min(task.rows, first_row + task.chunk_rows);
    const bool with_bias = first_n == 0 && task.bias != nullptr;
    const bool several = task.chunks > 1;
    const Side left = {task.left + first_m, task.left_stride, task.left_columns - first_m, 1};
    const Side right = {task.right + first_n, task.right_stride, task.right_columns - first_n, task.tokens};
    const Side wide = left_is_wide ? left : right;
    const Side narrow = left_is_wide ? right : left;

    const int wide_column = threadIdx.x % (WIDE / 4) * 4;
    const int wide_row = threadIdx.x / (WIDE / 4);
    const int narrow_column = threadIdx.x % (NARROW / 4) * 4;
    const int narrow_row = threadIdx.x / (NARROW / 4);
    const RowStep wide_step(wide);
    const RowStep narrow_step(narrow);
    RowWalk first_of_wide(wide, first_row + wide_row, end_row, wide_column);
    RowWalk second_of_wide(wide, first_row + wide_row + WIDE_ROWS, end_row, wide_column);
    RowWalk of_narrow(narrow, first_row + narrow_row, end_row, narrow_column);
    const auto fetch = [&](Rows& rows) {
        rows.wide[0] = first_of_wide.next(wide, wide_step);
        rows.wide[1] = second_of_wide.next(wide, wide_step);
        rows.narrow = of_narrow.next(narrow, narrow_step);
    };
    const auto offer_largest = [&](const Rows& rows, int step) { // Magnitudes compare like their bits.
        const unsigned of_wide = warp_max(__float_as_uint(fmaxf(magnitude(rows.wide[0]), magnitude(rows.wide[1]))));
        const unsigned of_narrow = warp_max(__float_as_uint(magnitude(rows.narrow)));
        if (lane_index() == 0) {
            atomicMax(&largest[step % 2][0], of_wide);
            atomicMax(&largest[step % 2][1], of_narrow);
        }
    };
    float4 bias_sum = make_float4(0, 0, 0, 0);
    const auto stage = [&](const Rows& rows, int step, float wide_scale, float narrow_scale) {
        unsigned char* target = staged[step % 2];
        #pragma unroll
        for (int i = 0; i < 2; i++) {
            store_pairs<EXACT>(target + (wide_row + i * WIDE_ROWS) * WIDE_STRIDE + 2 * wide_column, WIDE_LOW, rows.wide[i], wide_scale);
        }
        store_pairs<EXACT>(target + NARROW_PLACE + narrow_row * NARROW_STRIDE + 2 * narrow_column, NARROW_LOW, rows.narrow, narrow_scale);
        if (with_bias) {
            if (left_is_wide) {
                add(bias_sum, rows.wide[0]);
                add(bias_sum, rows.wide[1]);
            } else {
                add(bias_sum, rows.narrow);
            }
        }
    };

    // A warp's patch. Rows of the fragments are columns of right, so that eight lanes add to neighbours in a row of the result.
    const int patch_wide = warp_index() % (WIDE / PATCH) * PATCH;
    const int patch_narrow = warp_index() / (WIDE / PATCH) * PATCH;
    const bool is_inside = patch_wide < wide.columns && patch_narrow < narrow.columns;
    const int lane = lane_index();
    const int wide_place = 2 * patch_wide;
    const int narrow_place = NARROW_PLACE + 2 * patch_narrow;
    const int a_row = lane % 8 + lane / 16 * 8;
    const int b_row = lane % 16;
    const int a_place = (left_is_wide ? narrow_place + a_row * NARROW_STRIDE : wide_place + a_row * WIDE_STRIDE) + lane / 8 % 2 * 16;
    const int b_place = (left_is_wide ? wide_place + b_row * WIDE_STRIDE : narrow_place + b_row * NARROW_STRIDE) + lane / 16 * 16;
    const int a_low = left_is_wide ? NARROW_LOW : WIDE_LOW;
    const int b_low = left_is_wide ? WIDE_LOW : NARROW_LOW;

    float accumulators[2][4][4] = {};
    float wide_scale = pair_scale(0);
    float narrow_scale = pair_scale(0);
    const auto update_scales = [&](int step) {
        const float next_wide = fminf(wide_scale, pair_scale(largest[step % 2][0]));
        const float next_narrow = fminf(narrow_scale, pair_scale(largest[step % 2][1]));
        if (next_wide != wide_scale || next_narrow != narrow_scale) {
            const float factor = next_wide / wide_scale * (next_narrow / narrow_scale);
            #pragma unroll
            for (int i = 0; i < 32; i++) {
                accumulators[i / 16][i / 4 % 4][i % 4] *= factor;
            }
            wide_scale = next_wide;
            narrow_scale = next_narrow;
        }
    };

    // Step i multiplies what is staged, stages rows of step i + 1, and has those of step i + 2 on their way; one barrier a step.
    const int steps = (end_row - first_row + DEPTH - 1) / DEPTH;
    Rows rows;
    Rows next;
    fetch(rows);
    fetch(next);
    if (threadIdx.x < 4) {
        largest[threadIdx.x / 2][threadIdx.x % 2] = 0;
    }
    __syncthreads();
    offer_largest(rows, 0);
    __syncthreads();
    update_scales(0);
    stage(rows, 0, wide_scale, narrow_scale);
    rows = next;
    offer_largest(rows, 1);
    for (int step = 0; step < steps; step++) {
        __syncthreads();
        fetch(next);
        if (is_inside) {
            const SharedAddress base = shared_address(staged[step % 2]);
            multiply_patch<EXACT>(accumulators, base + a_place, a_low, base + b_place, b_low);
        }
        if (step + 1 < steps) {
            update_scales(step + 1);
            stage(rows, step + 1, wide_scale, narrow_scale);
            rows = next;
            offer_largest(rows, step + 2);
        }
    }

    const float undo_wide = 1 / wide_scale;
    const float undo_narrow = 1 / narrow_scale;
    const int m = (left_is_wide ? patch_wide : patch_narrow) + 2 * (lane % 4);
    const int n = (left_is_wide ? patch_narrow : patch_wide) + lane / 4;
    float* result = task.result + (long long)(first_m + m) * task.right_columns + first_n + n;
    #pragma unroll
    for (int i = 0; i < 32; i++) {
        const int of_m = i / 4 % 4 * 8 + i % 2;
        const int of_n = i / 16 * 16 + i / 2 % 2 * 8;
        if (m + of_m < left.columns && n + of_n < right.columns) {
            add(result + (long long)of_m * task.right_columns + of_n, accumulators[i / 16][i / 4 % 4][i % 4] * undo_wide * undo_narrow, several);
        }
    }
    if (with_bias) {
        float* sums = reinterpret_cast<float*>(staged[0]);
        const int width = left_is_wide ? WIDE : NARROW; // A thread's four columns lie side by side in its part.
        __syncthreads();
        *reinterpret_cast<float4*>(sums + 4 * threadIdx.x) = bias_sum;
        __syncthreads();
        if ((int)threadIdx.x < min(width, left.columns)) {
            float sum = 0;
            for (int part = 0; part < 4 * THREADS / width; part++) {
                sum += sums[part * width + threadIdx.x];
            }
            add(task.bias + first_m + threadIdx.x, sum, several);
        }
    }
    if (tasks.counter != nullptr && is_last_block(tasks.counter, gridDim.x)) {
        wait_for_launch_before(); // So that whatever waits for this launch waits for the towers too.
        if (threadIdx.x < 2) {
            *tasks.done[threadIdx.x] = 0;
        }
    }
}

extern "C" __global__ void __launch_bounds__(256, 2) weight_gradients_exact(LARGE_ARGUMENT(Tasks) tasks) { weight_gradients<true>(tasks); }
extern "C" __global__ void __launch_bounds__(256, 2) weight_gradients_tf32(LARGE_ARGUMENT(Tasks) tasks) { weight_gradients<false>(tasks); }
