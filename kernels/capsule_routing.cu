// Interests of a user by dynamic routing (MIND, Li et al. 2019). x (B*L, c), the last lengths[b] of L rows valid; initial (K, L): routing
// logits at first. Of each example, with b = initial:
//   as often as `iterations` says: w[k, l] = softmax over k of b[k, l]; z[k] = sum over valid l of w[k, l] x[l]; u[k] = squash(z[k])
//   = |z| / (1 + |z|^2) z; between two rounds b[k, l] += u[k] . x[l].
// Forward assigns capsules (B*K, c): u, sums (B*K, c): z, and weights (B, K*L): w of the last round, undefined at padding. An empty history
// gives zeros. Backward takes the weights for constants, as the published model does: dx[l] += sum_k w[k, l] dz[k].
// A block takes one example; dynamic shared memory: forward (K, L) logits and (K, c) capsules, backward (K, c) gradients.
#include "common/reduce.cuh"
#include "common/views.cuh"

constexpr int THREADS = 128;

extern "C" __global__ void __launch_bounds__(128) capsule_routing_forward(Matrix x, IntegerArray lengths, Matrix initial, int iterations, Matrix weights, Matrix sums, Matrix capsules) {
    DYNAMIC_SHARED(float, shared);
    int interests = initial.rows;
    int length = initial.columns;
    int width = x.columns;
    float* logits = shared;                       // (K, L)
    float* current = shared + interests * length; // (K, c)
    int b = blockIdx.x;
    int valid = lengths.data[b];
    int start = length - valid;
    float* routing = weights.row(b);
    for (int index = threadIdx.x; index < interests * length; index += THREADS) {
        logits[index] = initial.row(index / length)[index % length];
    }
    __syncthreads();

    for (int round = 0; round < iterations; round++) {
        for (int l = start + threadIdx.x; l < length; l += THREADS) {
            float maximum = -infinity();
            for (int k = 0; k < interests; k++) {
                maximum = max(maximum, logits[k * length + l]);
            }
            float sum = 0;
            for (int k = 0; k < interests; k++) {
                sum += expf(logits[k * length + l] - maximum);
            }
            for (int k = 0; k < interests; k++) {
                routing[k * length + l] = expf(logits[k * length + l] - maximum) / sum;
            }
        }
        __syncthreads();

        for (int index = threadIdx.x; index < interests * width; index += THREADS) {
            int k = index / width;
            int c = index % width;
            float sum = 0;
            for (int l = start; l < length; l++) {
                sum = fmaf(routing[k * length + l], x.row(b * length + l)[c], sum);
            }
            current[index] = sum;
        }
        __syncthreads();

        bool is_last = round == iterations - 1;
        for (int k = warp_index(); k < interests; k += THREADS / WARP) {
            float squares = 0;
            for (int c = lane_index(); c < width; c += WARP) {
                squares = fmaf(current[k * width + c], current[k * width + c], squares);
            }
            squares = warp_sum(squares);
            float factor = sqrtf(squares) / (1 + squares);
            for (int c = lane_index(); c < width; c += WARP) {
                float sum = current[k * width + c];
                current[k * width + c] = factor * sum;
                if (is_last) {
                    sums.row(b * interests + k)[c] = sum;
                    capsules.row(b * interests + k)[c] = factor * sum;
                }
            }
        }
        __syncthreads();

        if (!is_last) {
            for (int index = threadIdx.x; index < interests * valid; index += THREADS) {
                int k = index / valid;
                int l = start + index % valid;
                const float* row = x.row(b * length + l);
                float agreement = 0;
                for (int c = 0; c < width; c++) {
                    agreement = fmaf(current[k * width + c], row[c], agreement);
                }
                logits[k * length + l] += agreement;
            }
            __syncthreads();
        }
    }
}

extern "C" __global__ void __launch_bounds__(128) capsule_routing_backward(Matrix sums, IntegerArray lengths, Matrix weights, Matrix dcapsules, Matrix dx) {
    DYNAMIC_SHARED(float, gradients); // of z, (K, c)
    int width = sums.columns;
    int interests = sums.rows / lengths.length;
    int length = dx.rows / lengths.length;
    int b = blockIdx.x;
    int start = length - lengths.data[b];
    for (int k = warp_index(); k < interests; k += THREADS / WARP) {
        const float* sum = sums.row(b * interests + k);
        const float* upstream = dcapsules.row(b * interests + k);
        float squares = 0;
        float along = 0;
        for (int c = lane_index(); c < width; c += WARP) {
            squares = fmaf(sum[c], sum[c], squares);
            along = fmaf(sum[c], upstream[c], along);
        }
        squares = warp_sum(squares);
        along = warp_sum(along);
        // u = s(r) z with s = r / (1 + r^2): du/dz = s I + s'(r) / r z z'.
        float norm = sqrtf(squares);
        float factor = norm / (1 + squares);
        float slope = norm > 0 ? (1 - squares) / ((1 + squares) * (1 + squares) * norm) : 0;
        for (int c = lane_index(); c < width; c += WARP) {
            gradients[k * width + c] = factor * upstream[c] + slope * along * sum[c];
        }
    }
    __syncthreads();

    const float* routing = weights.row(b);
    for (int index = threadIdx.x; index < (length - start) * width; index += THREADS) {
        int l = start + index / width;
        int c = index % width;
        float sum = 0;
        for (int k = 0; k < interests; k++) {
            sum = fmaf(routing[k * length + l], gradients[k * width + c], sum);
        }
        dx.row(b * length + l)[c] += sum;
    }
}
