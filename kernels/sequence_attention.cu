// Multi-head attention within histories of L positions, of which the last lengths[b] are valid. projected (B*L, 3d), d = H*A: query | key |
// value, each (H, A).
//   a[i, j] = softmax over valid j of q[i] . k[j] / sqrt(A); z[i, h] = sum_j a[i, j] v[j]; z (B*L, d), zero at padding.
// Forward assigns z and weights (B, H*L*L): a, undefined where i or j is padding. Backward accumulates the gradient of projected.
// A block takes one (b, h); the scores lie in dynamic shared memory, (L, L) floats.
#include "common/reduce.cuh"
#include "common/views.cuh"

constexpr int THREADS = 128;

__device__ __forceinline__ float dot(const float* a, const float* b, int width) {
    float sum = 0;
    for (int c = 0; c < width; c++) {
        sum = fmaf(a[c], b[c], sum);
    }
    return sum;
}

extern "C" __global__ void __launch_bounds__(128) sequence_attention_forward(Matrix projected, IntegerArray lengths, int heads, Matrix z, Matrix weights) {
    DYNAMIC_SHARED(float, scores);
    int length = projected.rows / lengths.length;
    int d = z.columns;
    int width = d / heads; // A
    int b = blockIdx.x / heads;
    int head = blockIdx.x % heads;
    int valid = lengths.data[b];
    int start = length - valid;
    float scale = 1 / sqrtf((float)width);
    const float* first = projected.row(b * length + start) + head * width; // query of the first valid position

    for (int index = threadIdx.x; index < valid * valid; index += THREADS) {
        int i = index / valid;
        int j = index % valid;
        scores[index] = scale * dot(first + (long long)i * projected.stride, first + (long long)j * projected.stride + d, width);
    }
    __syncthreads();

    float* saved = weights.row(b) + (long long)head * length * length;
    for (int i = warp_index(); i < valid; i += THREADS / WARP) {
        float* row = scores + i * valid;
        float maximum = -infinity();
        for (int j = lane_index(); j < valid; j += WARP) {
            maximum = max(maximum, row[j]);
        }
        maximum = warp_max(maximum);
        float sum = 0;
        for (int j = lane_index(); j < valid; j += WARP) {
            sum += expf(row[j] - maximum);
        }
        sum = warp_sum(sum);
        for (int j = lane_index(); j < valid; j += WARP) {
            row[j] = expf(row[j] - maximum) / sum;
            saved[(start + i) * length + start + j] = row[j];
        }
    }
    __syncthreads();

    for (int index = threadIdx.x; index < length * width; index += THREADS) {
        int position = index / width;
        int c = index % width;
        float sum = 0;
        if (position >= start) {
            const float* row = scores + (position - start) * valid;
            for (int j = 0; j < valid; j++) {
                sum = fmaf(row[j], first[(long long)j * projected.stride + 2 * d + c], sum);
            }
        }
        z.row(b * length + position)[head * width + c] = sum;
    }
}

extern "C" __global__ void __launch_bounds__(128) sequence_attention_backward(Matrix projected, IntegerArray lengths, int heads, Matrix weights, Matrix dz, Matrix dprojected) {
    DYNAMIC_SHARED(float, gradients);
    int length = projected.rows / lengths.length;
    int d = dz.columns;
    int width = d / heads;
    int b = blockIdx.x / heads;
    int head = blockIdx.x % heads;
    int valid = lengths.data[b];
    int start = length - valid;
    float scale = 1 / sqrtf((float)width);
    const float* first = projected.row(b * length + start) + head * width;
    const float* upstream = dz.row(b * length + start) + head * width;
    const float* attention = weights.row(b) + (long long)head * length * length + start * length + start; // (valid, valid), stride L

    for (int index = threadIdx.x; index < valid * valid; index += THREADS) {
        int i = index / valid;
        int j = index % valid;
        gradients[index] = dot(upstream + (long long)i * dz.stride, first + (long long)j * projected.stride + 2 * d, width);
    }
    __syncthreads();

    for (int i = warp_index(); i < valid; i += THREADS / WARP) {
        float* row = gradients + i * valid;
        float mean = 0;
        for (int j = lane_index(); j < valid; j += WARP) {
            mean = fmaf(attention[i * length + j], row[j], mean);
        }
        mean = warp_sum(mean);
        for (int j = lane_index(); j < valid; j += WARP) {
            row[j] = scale * attention[i * length + j] * (row[j] - mean);
        }
    }
    __syncthreads();

    for (int index = threadIdx.x; index < valid * width; index += THREADS) {
        int t = index / width;
        int c = index % width;
        float query = 0;
        float key = 0;
        float value = 0;
        for (int j = 0; j < valid; j++) {
            const float* other = first + (long long)j * projected.stride + c;
            query = fmaf(gradients[t * valid + j], other[d], query);
            key = fmaf(gradients[j * valid + t], other[0], key);
            value = fmaf(attention[j * length + t], upstream[(long long)j * dz.stride + c], value);
        }
        float* output = dprojected.row(b * length + start + t) + head * width + c;
        output[0] += query;
        output[d] += key;
        output[2 * d] += value;
    }
}
