// Self-attentive pooling of histories from embedding tables to pooled vector in one launch, and back in another (paper, section 3.2.2).
//
//   t[l] = tanh((x[l] + position[l]) wᵀ)     a = softmax over the valid l of t[l] . w2     y = sum_l a[l] x[l]
//
//   s[l] = a[l] (dy . x[l] - sum_m a[m] dy . x[m])     dhidden[l] = s[l] w2 (1 - t[l]^2)     dw2 += s[l] t[l]
//   dposition[l] += dhidden[l] w     dx[l] = dhidden[l] w + a[l] dy
//
// y (B, d) and a (B, L), zero at padding, are assigned. Backward accumulates the gradients of the layers, of position and of the tables by
// atomic additions; t is computed again, which costs less than keeping it.
#include "common/history.cuh"

// The block's arrays in shared memory.
struct Arrays {
    int stride;
    float* x;          // (R, d): history
    float* positioned; // (R, d): history + position
    float* t;          // (R, d)
    float* gradients;  // (R, d): dhidden, backward only
    float* attention;  // (R): a
    float* scores;     // (R)
    int2* found;       // (R, fields)

    __device__ __forceinline__ Arrays(float* memory, const History& h, bool backward) {
        SharedMemory shared = {memory};
        const int rows = h.examples * h.length;
        stride = row_stride(h.width);
        x = shared.take(rows * stride);
        positioned = shared.take(rows * stride);
        t = shared.take(rows * stride);
        gradients = backward ? shared.take(rows * stride) : nullptr;
        attention = shared.take(rows);
        scores = shared.take(rows);
        found = reinterpret_cast<int2*>(shared.take(2 * rows * h.fields.count));
    }
};

// x, positioned and t. The block is in step after.
template <bool EXACT> __device__ __forceinline__ void activate(const History& h, const Examples& own, const Arrays& at) {
    find_history(h, own, at.found);
    load_positioned(h, own, at.found, at.stride, at.positioned, at.x);
    pad_rows(h, at.positioned, at.stride, own.rows);
    __syncthreads();
    product<EXACT, OUT_IN>(0, at.positioned, at.stride, own.rows, h.first.weight, h.width, h.width, h.width,
        [&](int row, int column, float value) { at.t[row * at.stride + column] = tanhf(value); });
    __syncthreads();
}

template <bool EXACT> __device__ __forceinline__ void forward(const History& h) {
    DYNAMIC_SHARED(float, memory);
    const Examples own(h);
    const Arrays at(memory, h, false);
    activate<EXACT>(h, own, at);
    for_each_row(own.rows, [&](int row, int member, bool active) {
        float score = 0;
        for (int column = member; column < h.width; column += TEAM) {
            score += at.t[row * at.stride + column] * h.second.weight[column];
        }
        score = team_reduce<Sum>(score);
        if (active && member == 0) {
            at.scores[row] = score;
        }
    });
    __syncthreads();
    for (int example = warp_index(); example < own.count; example += HISTORY_WARPS) {
        const int start = h.length - h.lengths[own.first + example];
        const float* scores = at.scores + example * h.length;
        float maximum = -infinity();
        for (int l = start + lane_index(); l < h.length; l += WARP) {
            maximum = fmaxf(maximum, scores[l]);
        }
        maximum = warp_max(maximum);
        float sum = 0;
        for (int l = start + lane_index(); l < h.length; l += WARP) {
            sum += expf(scores[l] - maximum);
        }
        const float normaliser = 1 / warp_sum(sum);
        for (int l = lane_index(); l < h.length; l += WARP) {
            const float weight = l >= start ? expf(scores[l] - maximum) * normaliser : 0;
            at.attention[example * h.length + l] = weight;
            if (h.weights != nullptr) {
                h.weights[(long long)(own.first + example) * h.length + l] = weight;
            }
        }
    }
    __syncthreads();
    for (int index = threadIdx.x; index < own.count * h.width; index += HISTORY_THREADS) {
        const int example = index / h.width;
        const int column = index % h.width;
        float sum = 0;
        for (int row = example * h.length; row < (example + 1) * h.length; row++) {
            sum += at.attention[row] * at.x[row * at.stride + column];
        }
        h.output[(long long)(own.first + example) * h.output_stride + column] = sum;
    }
}

template <bool EXACT> __device__ __forceinline__ void backward(const History& h) {
    DYNAMIC_SHARED(float, memory);
    const Examples own(h);
    const Arrays at(memory, h, true);
    const int width = h.width;
    for (int row = threadIdx.x; row < own.rows; row += HISTORY_THREADS) {
        at.attention[row] = h.weights[(long long)own.first * h.length + row];
    }
    activate<EXACT>(h, own, at);
    const auto output_gradient = [&](int row, int column) {
        return h.output_gradient[(long long)(own.first + row / h.length) * h.gradient_stride + column];
    };
    for_each_row(own.rows, [&](int row, int member, bool active) {
        float dot = 0;
        for (int column = member; column < width; column += TEAM) {
            dot += output_gradient(row, column) * at.x[row * at.stride + column];
        }
        dot = team_reduce<Sum>(dot);
        if (active && member == 0) {
            at.scores[row] = dot;
        }
    });
    __syncthreads();
    for (int example = warp_index(); example < own.count; example += HISTORY_WARPS) {
        float* scores = at.scores + example * h.length;
        const float* attention = at.attention + example * h.length;
        float mean = 0;
        for (int l = lane_index(); l < h.length; l += WARP) {
            mean += attention[l] * scores[l];
        }
        mean = warp_sum(mean);
        for (int l = lane_index(); l < h.length; l += WARP) {
            scores[l] = attention[l] * (scores[l] - mean);
        }
    }
    __syncthreads();
    const int padded_width = round16(width);
    for (int index = threadIdx.x; index < own.rows * padded_width; index += HISTORY_THREADS) {
        const int row = index / padded_width;
        const int column = index % padded_width;
        const float t = at.t[row * at.stride + column];
        at.gradients[row * at.stride + column] = column < width ? at.scores[row] * h.second.weight[column] * (1 - t * t) : 0;
    }
    for (int column = threadIdx.x; column < width; column += HISTORY_THREADS) {
        float sum = 0;
        for (int row = 0; row < own.rows; row++) {
            sum += at.scores[row] * at.t[row * at.stride + column];
        }
        atomicAdd(h.second.weight_gradient + column, sum);
    }
    __syncthreads();
    float* dx = at.t; // Its part is done.
    // Their atomic additions first: they run on behind the products of dx.
    const int tasks = transposed_product<EXACT>(0, at.gradients, at.stride, width, at.positioned, at.stride, width, own.rows,
        [&](int row, int column, float value) { atomicAdd(h.first.weight_gradient + row * width + column, value); });
    product<EXACT, IN_OUT>(tasks, at.gradients, at.stride, own.rows, h.first.weight, width, width, width,
        [&](int row, int column, float value) { dx[row * at.stride + column] = value; });
    __syncthreads();
    add_position_gradient(h, own, [&](int row, int column) { return dx[row * at.stride + column]; });
    scatter_rows<HISTORY_THREADS>(h.fields, at.found, own.rows, width, at.gradients, h.copies, [&](int row, int column) {
        return dx[row * at.stride + column] + at.attention[row] * output_gradient(row, column);
    });
}

extern "C" __global__ void __launch_bounds__(256, 2) history_self_attentive_forward(LARGE_ARGUMENT(History) h) { const RunsBeside beside; forward<true>(h); }
extern "C" __global__ void __launch_bounds__(256, 2) history_self_attentive_forward_tf32(LARGE_ARGUMENT(History) h) { const RunsBeside beside; forward<false>(h); }
extern "C" __global__ void __launch_bounds__(256, 2) history_self_attentive_backward(LARGE_ARGUMENT(History) h) { const RunsBeside beside; backward<true>(h); }
extern "C" __global__ void __launch_bounds__(256, 2) history_self_attentive_backward_tf32(LARGE_ARGUMENT(History) h) { const RunsBeside beside; backward<false>(h); }
