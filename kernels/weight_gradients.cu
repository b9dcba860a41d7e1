// Weight and bias gradients of many linear layers in one launch: for every task
//   result (M, N) += leftᵀ right,  bias (M) += column sums of left,   left (K, M) = gradient of the layer's output, right (K, N) = its input,
// with K rows of the batch; for a layer that is applied to n tokens of each example K = batch * n and row k of right lies at
// (k / n) right_stride + (k % n) 64. A block of threads computes a 64 x 64 tile over chunk_rows of the K rows; tiles of one task that differ
// in their rows add up by atomics, or by nothing where one chunk covers all rows (deterministic).
#include "common/mma.cuh"

constexpr int THREADS = 256;
constexpr int TILE = 64;
constexpr int DEPTH = 32;           // Rows staged at a time.
constexpr int STRIDE = TILE + 8;    // 8 modulo 32: a fragment's rows and columns meet 32 banks.
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
};

struct Tasks {
    Task of[MOST_TASKS];
    int count;
    int chunk_rows;
};

__device__ __forceinline__ float4 load_quad(const float* source, bool inside) {
    return inside ? *reinterpret_cast<const float4*>(source) : make_float4(0, 0, 0, 0);
}

__device__ __forceinline__ void add(float* place, float value, bool shared_with_others) {
    if (shared_with_others) {
        atomicAdd(place, value);
    } else {
        *place += value;
    }
}

template <bool EXACT> __device__ __forceinline__ void weight_gradients(const Tasks& tasks) {
    __shared__ float left[DEPTH * STRIDE];
    __shared__ float right[DEPTH * STRIDE];
    int index = 0;
    while (index + 1 < tasks.count && (int)blockIdx.x >= tasks.of[index + 1].first_block) {
        index++;
    }
    const Task& task = tasks.of[index];
    const int block = blockIdx.x - task.first_block;
    const int chunk = block % task.chunks;
    const int tiles_n = (task.right_columns + TILE - 1) / TILE;
    const int first_m = block / task.chunks / tiles_n * TILE;
    const int first_n = block / task.chunks % tiles_n * TILE;
    const int first_row = chunk * tasks.chunk_rows;
    const int end_row = min(task.rows, first_row + tasks.chunk_rows);
    const bool with_bias = first_n == 0 && task.bias != nullptr;

    // Thread t stages two 16-byte quads of each side: rows t / 16 and t / 16 + 16, columns 4 (t % 16).
    const int quad = threadIdx.x % 16 * 4;
    const int stage_row = threadIdx.x / 16;
    float4 next_left[2];
    float4 next_right[2];
    const auto fetch = [&](int row) {
        #pragma unroll
        for (int i = 0; i < 2; i++) {
            const int k = row + stage_row + 16 * i;
            const long long right_place = (long long)(k / task.tokens) * task.right_stride + k % task.tokens * TOKEN;
            next_left[i] = load_quad(task.left + (long long)k * task.left_stride + first_m + quad, k < end_row && first_m + quad < task.left_columns);
            next_right[i] = load_quad(task.right + right_place + first_n + quad, k < end_row && first_n + quad < task.right_columns);
        }
    };

    const int warp_m = warp_index() % 4 * 16;
    const int warp_n = warp_index() / 4 * 32;
    const int r = lane_index() / 4;
    const int q = lane_index() % 4;
    float accumulators[4][4] = {};
    float bias_sum = 0;
    fetch(first_row);
    for (int row = first_row; row < end_row; row += DEPTH) {
        #pragma unroll
        for (int i = 0; i < 2; i++) {
            *reinterpret_cast<float4*>(left + (stage_row + 16 * i) * STRIDE + quad) = next_left[i];
            *reinterpret_cast<float4*>(right + (stage_row + 16 * i) * STRIDE + quad) = next_right[i];
        }
        __syncthreads();
        if (row + DEPTH < end_row) {
            fetch(row + DEPTH);
        }
        #pragma unroll
        for (int k = 0; k < DEPTH; k += 8) {
            Operand<EXACT> a[4];
            #pragma unroll
            for (int i = 0; i < 4; i++) {
                a[i].set(left[(k + q + i / 2 * 4) * STRIDE + warp_m + r + i % 2 * 8]);
            }
            #pragma unroll
            for (int j = 0; j < 4; j++) {
                Operand<EXACT> b0;
                Operand<EXACT> b1;
                b0.set(right[(k + q) * STRIDE + warp_n + 8 * j + r]);
                b1.set(right[(k + q + 4) * STRIDE + warp_n + 8 * j + r]);
                mma(accumulators[j], a, b0, b1);
            }
        }
        if (with_bias) {
            for (int k = threadIdx.x / TILE; k < DEPTH; k += THREADS / TILE) {
                bias_sum += left[k * STRIDE + threadIdx.x % TILE];
            }
        }
        __syncthreads();
    }
    const bool several = task.chunks > 1;
    #pragma unroll
    for (int j = 0; j < 4; j++) {
        #pragma unroll
        for (int i = 0; i < 4; i++) {
            const int m = first_m + warp_m + r + 8 * (i / 2);
            const int n = first_n + warp_n + 8 * j + 2 * q + i % 2;
            if (m < task.left_columns && n < task.right_columns) {
                add(task.result + (long long)m * task.right_columns + n, accumulators[j][i], several);
            }
        }
    }
    if (with_bias) {
        left[threadIdx.x] = bias_sum;
        __syncthreads();
        if (threadIdx.x < TILE && first_m + (int)threadIdx.x < task.left_columns) {
            float sum = 0;
            for (int part = 0; part < THREADS / TILE; part++) {
                sum += left[part * TILE + threadIdx.x];
            }
            add(task.bias + first_m + threadIdx.x, sum, several);
        }
    }
}

extern "C" __global__ void __launch_bounds__(256) weight_gradients_exact(Tasks tasks) { weight_gradients<true>(tasks); }
extern "C" __global__ void __launch_bounds__(256) weight_gradients_tf32(Tasks tasks) { weight_gradients<false>(tasks); }
