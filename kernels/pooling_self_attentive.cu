// Self-attentive pooling behind its first linear layer (paper, section 3.2.2).
//
//   t = tanh(hidden)   a[b] = softmax over the valid l of t[b, l] . w2   y[b] = sum_l a[b, l] x[b, l]
//
//   s[b, l] = a[b, l] (dy[b] . x[b, l] - sum_m a[b, m] dy[b] . x[b, m])
//   dx[b, l] += a[b, l] dy[b]   dHidden[b, l] = s[b, l] w2 (1 - t[b, l]^2)   dW2 += sum_b,l s[b, l] t[b, l]
//
// hidden, x, dHidden, dx (B*L, d), w2, dW2 (1, d), weights (B, L), y, dy (B, d), lengths (B): of L positions the last lengths[b] are
// valid. Forward saves t in the place of hidden and a in weights (zero at padding) and assigns y; backward assigns dHidden (zero at
// padding) and accumulates dx and dW2. A block owns an example, a warp of it every fourth row.
#include "common/completion.cuh"
#include "common/cuda.cuh"
#include "common/reduce.cuh"
#include "common/views.cuh"

constexpr int THREADS = 128;
constexpr int WARPS = THREADS / WARP;

extern "C" __global__ void __launch_bounds__(128) pooling_self_attentive_forward(
    Matrix hidden, Matrix w2, Matrix x, IntegerArray lengths, Matrix weights, Matrix y) {
    DYNAMIC_SHARED(float, shared);
    int length = weights.columns;
    int width = x.columns;
    float* scores = shared;               // (L)
    float* attention = scores + length;   // (L)
    float* partial = attention + length;  // (WARPS, d) of y
    int example = blockIdx.x;
    int start = length - lengths.data[example];
    int first_row = example * length;
    for (int l = start + warp_index(); l < length; l += WARPS) {
        float* row = hidden.row(first_row + l);
        float dot = 0;
        for (int c = lane_index(); c < width; c += WARP) {
            float t = tanhf(row[c]);
            row[c] = t;
            dot += t * w2.data[c];
        }
        dot = warp_sum(dot);
        if (lane_index() == 0) {
            scores[l] = dot;
        }
    }
    __syncthreads();

    // Every warp for itself: cheaper than another round of messages.
    float maximum = -infinity();
    for (int l = start + lane_index(); l < length; l += WARP) {
        maximum = max(maximum, scores[l]);
    }
    maximum = warp_max(maximum);
    float sum = 0;
    for (int l = start + lane_index(); l < length; l += WARP) {
        sum += expf(scores[l] - maximum);
    }
    float scale = 1 / warp_sum(sum);
    for (int l = threadIdx.x; l < length; l += THREADS) {
        attention[l] = l < start ? 0 : expf(scores[l] - maximum) * scale;
        weights.row(example)[l] = attention[l];
    }
    __syncthreads();

    for (int c = lane_index(); c < width; c += WARP) {
        float total = 0;
        for (int l = start + warp_index(); l < length; l += WARPS) {
            total += attention[l] * x.row(first_row + l)[c];
        }
        partial[warp_index() * width + c] = total;
    }
    __syncthreads();
    for (int c = threadIdx.x; c < width; c += THREADS) {
        float total = 0;
        for (int warp = 0; warp < WARPS; warp++) {
            total += partial[warp * width + c];
        }
        y.row(example)[c] = total;
    }
}

// Blocks take every gridDim.x-th example and keep their part of dW2 until the end. With `partials` (gridDim.x, d) the last block to end
// adds them up in order; without, each block adds its own at once.
extern "C" __global__ void __launch_bounds__(128) pooling_self_attentive_backward(
    Matrix t, Matrix w2, Matrix x, IntegerArray lengths, Matrix weights, Matrix dy, Matrix d_hidden, Matrix d_w2, Matrix dx,
    float* partials, int* counter) {
    DYNAMIC_SHARED(float, shared);
    int length = weights.columns;
    int width = x.columns;
    float* scores = shared;             // (L): dy . x
    float* partial = scores + length;   // (WARPS, d) of dW2
    for (int c = threadIdx.x; c < WARPS * width; c += THREADS) {
        partial[c] = 0;
    }
    for (int example = blockIdx.x; example < dy.rows; example += gridDim.x) {
        int start = length - lengths.data[example];
        int first_row = example * length;
        const float* attention = weights.row(example);
        const float* gradient = dy.row(example);
        __syncthreads();
        for (int l = start + warp_index(); l < length; l += WARPS) {
            const float* row = x.row(first_row + l);
            float dot = 0;
            for (int c = lane_index(); c < width; c += WARP) {
                dot += gradient[c] * row[c];
                if (dx.data != nullptr) {
                    dx.row(first_row + l)[c] += attention[l] * gradient[c];
                }
            }
            dot = warp_sum(dot);
            if (lane_index() == 0) {
                scores[l] = dot;
            }
        }
        __syncthreads();

        float mean = 0;
        for (int l = start + lane_index(); l < length; l += WARP) {
            mean += attention[l] * scores[l];
        }
        mean = warp_sum(mean);
        for (int l = warp_index(); l < length; l += WARPS) {
            float score = l < start ? 0 : attention[l] * (scores[l] - mean);
            for (int c = lane_index(); c < width; c += WARP) {
                float activation = l < start ? 0 : t.row(first_row + l)[c];
                d_hidden.row(first_row + l)[c] = score * w2.data[c] * (1 - activation * activation);
                partial[warp_index() * width + c] += score * activation;
            }
        }
    }
    __syncthreads();

    for (int c = threadIdx.x; c < width; c += THREADS) {
        float total = 0;
        for (int warp = 0; warp < WARPS; warp++) {
            total += partial[warp * width + c];
        }
        if (partials == nullptr) {
            atomicAdd(d_w2.data + c, total);
        } else {
            partials[(long long)blockIdx.x * width + c] = total;
        }
    }
    if (partials != nullptr && is_last_block(counter, gridDim.x)) {
        for (int c = threadIdx.x; c < width; c += THREADS) {
            float total = 0;
            for (int block = 0; block < (int)gridDim.x; block++) {
                total += partials[(long long)block * width + c];
            }
            d_w2.data[c] += total;
        }
    }
}
