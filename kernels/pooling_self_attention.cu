// One-head self-attention followed by the masked mean (paper, section 3.2.2), the mean taken before the value projection.
//
//   A[b, i] = softmax over the valid j of q[b, i] . k[b, j] / sqrt(d)          m = dropout mask, 0 or 1 / (1 - rate)
//   c[b, j] = 1 / valid sum_i m[b, i, j] A[b, i, j]   pooled[b] = sum_j c[b, j] x[b, j]   mass[b] = sum_j c[b, j]
//
//   dc[b, j] = dPooled[b] . x[b, j] + dMass[b]        dx[b, j] += c[b, j] dPooled[b]
//   g[b, i, j] = m[b, i, j] dc[b, j] / valid          s[b, i, j] = A[b, i, j] (g[b, i, j] - sum_n A[b, i, n] g[b, i, n]) / sqrt(d)
//   dq[b, i] = sum_j s[b, i, j] k[b, j]               dk[b, j] = sum_i s[b, i, j] q[b, i]
//
// query_key, dQueryKey (B*L, 2d): query | key; x, dx (B*L, d), weights (B, L*L): A, columnMeans (B, L): c, pooled, dPooled (B, d), mass,
// dMass (B, 1), lengths (B): of L positions the last lengths[b] are valid. Forward saves A (padding undefined) and c (zero at padding) and
// assigns everything; backward assigns dQueryKey (zero at padding) and accumulates dx. The mask of step t is drawn from counters
// (Dropout in IPoolingKernels.cs). A block owns an example and holds its queries and keys in shared memory.
#include "common/cuda.cuh"
#include "common/random.cuh"
#include "common/reduce.cuh"
#include "common/views.cuh"

constexpr int THREADS = 128;
constexpr int WARPS = THREADS / WARP;
constexpr int GROUP = 4; // Rows of a gradient that a thread computes at once.

// Rows of d floats that lanes read four at a time, every lane another row: 16-byte aligned, and an odd number of 16-byte units from row
// to row, so that eight lanes meet all 32 banks.
__device__ __forceinline__ int padded_width(int width) {
    int units = (width + 3) / 4;
    return 4 * (units | 1);
}

__device__ __forceinline__ int round_up(int value, int multiple) { return (value + multiple - 1) / multiple * multiple; }

// The valid rows of query and key of an example, padded with zeros: (valid, padded_width) each.
__device__ __forceinline__ void load_rows(const Matrix& query_key, int first_row, int valid, int width, float* queries, float* keys) {
    int padded = padded_width(width);
    for (int element = threadIdx.x; element < valid * padded; element += THREADS) {
        int row = element / padded;
        int column = element % padded;
        const float* source = query_key.row(first_row + row);
        queries[element] = column < width ? source[column] : 0;
        keys[element] = column < width ? source[width + column] : 0;
    }
}

struct Dropout {
    float rate;
    unsigned long long seed;
    unsigned step;

    // 0, or 1 / (1 - rate), for weight number `index` of the step.
    __device__ __forceinline__ float mask(unsigned long long index) const {
        if (rate == 0) {
            return 1;
        }
        unsigned long long block = index / 4;
        uint4 words = philox(seed, (unsigned)block, (unsigned)(block >> 32), step, RANDOM_STREAM_DROPOUT);
        unsigned low = index % 2 == 0 ? words.x : words.y;
        unsigned high = index % 2 == 0 ? words.z : words.w;
        return to_uniform(index % 4 < 2 ? low : high) >= rate ? 1 / (1 - rate) : 0;
    }
};

extern "C" __global__ void __launch_bounds__(128) pooling_self_attention_forward(
    Matrix query_key, Matrix x, IntegerArray lengths, float dropout_rate, unsigned long long dropout_seed, const int* clock,
    Matrix weights, Matrix column_means, Matrix pooled, Matrix mass) {
    DYNAMIC_SHARED(float, shared);
    int length = column_means.columns;
    int width = x.columns;
    int padded = padded_width(width);
    float* queries = shared;                     // (L, padded)
    float* keys = queries + length * padded;     // (L, padded)
    float* rows = keys + length * padded;        // (WARPS, L): a row of scores
    float* partial = rows + WARPS * length;      // (WARPS, L) of c
    float* means = partial + WARPS * length;     // (L): c
    int example = blockIdx.x;
    int valid = lengths.data[example];
    int start = length - valid;
    int first_row = example * length + start;
    Dropout dropout = {dropout_rate, dropout_seed, dropout_rate == 0 ? 0 : (unsigned)*clock};
    load_rows(query_key, first_row, valid, width, queries, keys);
    for (int j = threadIdx.x; j < WARPS * length; j += THREADS) {
        partial[j] = 0;
    }
    __syncthreads();

    float scale = rsqrtf((float)width);
    float* scores = rows + warp_index() * length;
    float* share = partial + warp_index() * length;
    for (int i = warp_index(); i < valid; i += WARPS) {
        const float4* query = reinterpret_cast<const float4*>(queries + i * padded);
        float maximum = -infinity();
        for (int j = lane_index(); j < valid; j += WARP) {
            const float4* key = reinterpret_cast<const float4*>(keys + j * padded);
            float dot = 0;
            for (int unit = 0; unit < padded / 4; unit++) {
                float4 a = query[unit];
                float4 b = key[unit];
                dot += a.x * b.x + a.y * b.y + a.z * b.z + a.w * b.w;
            }
            scores[j] = dot * scale;
            maximum = max(maximum, dot * scale);
        }
        maximum = warp_max(maximum);
        float sum = 0;
        for (int j = lane_index(); j < valid; j += WARP) {
            scores[j] = expf(scores[j] - maximum);
            sum += scores[j];
        }
        float normaliser = 1 / warp_sum(sum);
        long long index = ((long long)example * length + start + i) * length + start;
        float* saved = weights.row(example) + (start + i) * length + start;
        for (int j = lane_index(); j < valid; j += WARP) {
            float weight = scores[j] * normaliser;
            saved[j] = weight;
            share[j] += dropout.mask(index + j) * weight;
        }
    }
    __syncthreads();

    for (int l = threadIdx.x; l < length; l += THREADS) {
        int j = l - start;
        float total = 0;
        for (int warp = 0; warp < WARPS && j >= 0; warp++) {
            total += partial[warp * length + j];
        }
        means[l] = j >= 0 ? total / valid : 0;
        column_means.row(example)[l] = means[l];
    }
    __syncthreads();
    for (int c = threadIdx.x; c < width; c += THREADS) {
        float total = 0;
        for (int j = 0; j < valid; j++) {
            total += means[start + j] * x.row(first_row + j)[c];
        }
        pooled.row(example)[c] = total;
    }
    if (warp_index() == WARPS - 1) {
        float total = 0;
        for (int l = lane_index(); l < length; l += WARP) {
            total += means[l];
        }
        total = warp_sum(total);
        if (lane_index() == 0) {
            mass.row(example)[0] = total;
        }
    }
}

// GROUP sums over m of scores[m][first .. first + GROUP) * values[m][column]: as many rows of a gradient, in one column.
__device__ __forceinline__ float4 gradient_rows(const float* scores, int score_stride, const float* values, int value_stride, int count) {
    float4 sum = make_float4(0, 0, 0, 0);
    for (int m = 0; m < count; m++) {
        float4 score = *reinterpret_cast<const float4*>(scores + m * score_stride);
        float value = values[m * value_stride];
        sum.x += score.x * value;
        sum.y += score.y * value;
        sum.z += score.z * value;
        sum.w += score.w * value;
    }
    return sum;
}

// Scores are held for `rows_at_once` queries at a time, as many as fit into shared memory; keys gather their gradients over the rounds.
extern "C" __global__ void __launch_bounds__(128) pooling_self_attention_backward(
    Matrix query_key, Matrix x, IntegerArray lengths, float dropout_rate, unsigned long long dropout_seed, const int* clock,
    Matrix weights, Matrix column_means, Matrix d_pooled, Matrix d_mass, Matrix d_query_key, Matrix dx, int rows_at_once) {
    DYNAMIC_SHARED(float, shared);
    int length = column_means.columns;
    int width = x.columns;
    int padded = padded_width(width);
    int stride = round_up(length, GROUP);
    float* queries = shared;                                   // (L, padded)
    float* keys = queries + length * padded;                   // (L, padded)
    float* scores = keys + length * padded;                    // (rows_at_once, stride): s
    float* transposed = scores + rows_at_once * stride;        // (L, rows_at_once): s with i and j exchanged
    float* mean_gradients = transposed + length * rows_at_once; // (L): dc
    int example = blockIdx.x;
    int valid = lengths.data[example];
    int start = length - valid;
    int first_row = example * length + start;
    Dropout dropout = {dropout_rate, dropout_seed, dropout_rate == 0 ? 0 : (unsigned)*clock};
    load_rows(query_key, first_row, valid, width, queries, keys);
    for (int j = warp_index(); j < valid; j += WARPS) {
        const float* row = x.row(first_row + j);
        float mean = column_means.row(example)[start + j];
        float dot = 0;
        for (int c = lane_index(); c < width; c += WARP) {
            float gradient = d_pooled.row(example)[c];
            dot += gradient * row[c];
            dx.row(first_row + j)[c] += mean * gradient;
        }
        dot = warp_sum(dot);
        if (lane_index() == 0) {
            mean_gradients[j] = dot + d_mass.row(example)[0];
        }
    }
    for (int element = threadIdx.x; element < start * 2 * width; element += THREADS) {
        d_query_key.row(first_row - start + element / (2 * width))[element % (2 * width)] = 0;
    }

    float scale = rsqrtf((float)width);
    for (int round = 0; round < valid; round += rows_at_once) {
        int rows = min(rows_at_once, valid - round);
        __syncthreads();
        for (int i = warp_index(); i < rows; i += WARPS) {
            int query = start + round + i;
            const float* attention = weights.row(example) + query * length + start;
            long long index = ((long long)example * length + query) * length + start;
            float* row = scores + i * stride;
            float mean = 0;
            for (int j = lane_index(); j < valid; j += WARP) {
                row[j] = dropout.mask(index + j) * mean_gradients[j] / valid;
                mean += attention[j] * row[j];
            }
            mean = warp_sum(mean);
            for (int j = lane_index(); j < valid; j += WARP) {
                row[j] = scale * attention[j] * (row[j] - mean);
                transposed[j * rows_at_once + i] = row[j];
            }
        }
        __syncthreads();

        int query_tasks = round_up(rows, GROUP) / GROUP * width;
        int key_tasks = round_up(valid, GROUP) / GROUP * width;
        for (int task = threadIdx.x; task < query_tasks + key_tasks; task += THREADS) {
            bool is_query = task < query_tasks;
            int column = (is_query ? task : task - query_tasks) % width;
            int first = (is_query ? task : task - query_tasks) / width * GROUP;
            float4 sum = is_query
                ? gradient_rows(transposed + first, rows_at_once, keys + column, padded, valid)
                : gradient_rows(scores + first, stride, queries + round * padded + column, padded, rows);
            float values[GROUP] = {sum.x, sum.y, sum.z, sum.w};
            for (int i = 0; i < GROUP && first + i < (is_query ? rows : valid); i++) {
                float* target = d_query_key.row(first_row + (is_query ? round : 0) + first + i) + (is_query ? 0 : width) + column;
                *target = values[i] + (is_query || round == 0 ? 0 : *target);
            }
        }
    }
}
