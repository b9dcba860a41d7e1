// Global-norm clipping and Adam with L2 weight decay, in PyTorch's form and order, over segments of the parameter slabs.
//
//   norm = |g|   g <- g min(1, max / (norm + 1e-6)) + decay w   m <- m + (1 - b1) (g - m)   v <- b2 v + (1 - b2) g^2
//   w <- w - lr / (1 - b1^t) m / (sqrt(v) / sqrt(1 - b2^t) + eps)   g <- 0   with t the updates of the segment's group, this one included
//
// values w, gradients g, first m, second v: slabs of equal length; segments start at multiples of 16 elements. Two launches whatever the
// number of segments (up to SEGMENTS): the first counts the groups' updates, prepares the corrections and sums squares in double, which its
// last block to end turns into the norm and the factor of the gradients; the second updates, a block per CHUNK elements.
#include "common/completion.cuh"
#include "common/cuda.cuh"
#include "common/reduce.cuh"

constexpr int THREADS = 256;
constexpr int CHUNK = 2048;
constexpr int SEGMENTS = 32;

// What to update, as CudaOptimiserKernels passes it.
struct Segments {
    long long offset[SEGMENTS];
    int length[SEGMENTS];
    int group[SEGMENTS];
    int first_chunk[SEGMENTS + 1]; // chunks before each segment, and of all
    int count;
};

struct Settings {
    float learning_rate;
    float beta1;
    float beta2;
    float epsilon;
    float weight_decay;
    float maximum_norm;
};

// The part of a segment that a chunk covers.
struct Chunk {
    int segment;
    long long offset;
    int length;

    __device__ __forceinline__ Chunk(const Segments& segments, int chunk) {
        segment = 0;
        while (chunk >= segments.first_chunk[segment + 1]) {
            segment++;
        }
        int done = (chunk - segments.first_chunk[segment]) * CHUNK;
        offset = segments.offset[segment] + done;
        length = min(CHUNK, segments.length[segment] - done);
    }
};

// What the second launch needs to know about a segment.
struct Correction {
    float step_size; // lr / (1 - b1^t)
    float root;      // sqrt(1 - b2^t)
};

// partials: the sums of squares of the blocks of all launches that make up the norm; this launch's begin at first_partial, and the last of
// `partial_count` blocks adds them up. step_counts: updates so far, per group.
extern "C" __global__ void __launch_bounds__(256) adam_norm(
    const float* gradients, LARGE_ARGUMENT(Segments) segments, Settings settings, int* step_counts, int first_partial, int partial_count,
    double* partials, Correction* corrections, float* factor, float* norm, int* counter) {
    if (blockIdx.x == 0 && threadIdx.x < segments.count) {
        double step = ++step_counts[segments.group[threadIdx.x]];
        Correction correction;
        correction.step_size = (float)(settings.learning_rate / (1 - pow((double)settings.beta1, step)));
        correction.root = (float)sqrt(1 - pow((double)settings.beta2, step));
        corrections[threadIdx.x] = correction;
    }
    double sum = 0;
    for (int number = blockIdx.x; number < segments.first_chunk[segments.count]; number += gridDim.x) {
        Chunk chunk(segments, number);
        const float* gradient = gradients + chunk.offset;
        for (int i = 4 * threadIdx.x; i < chunk.length; i += 4 * THREADS) {
            if (i + 4 <= chunk.length) {
                float4 g = *reinterpret_cast<const float4*>(gradient + i);
                sum += (double)g.x * g.x + (double)g.y * g.y + (double)g.z * g.z + (double)g.w * g.w;
            } else {
                for (int k = i; k < chunk.length; k++) {
                    sum += (double)gradient[k] * gradient[k];
                }
            }
        }
    }
    sum = block_sum<THREADS>(sum);
    if (threadIdx.x == 0) {
        partials[first_partial + blockIdx.x] = sum;
    }
    if (is_last_block(counter, partial_count)) {
        double total = 0;
        for (int i = threadIdx.x; i < partial_count; i += THREADS) {
            total += partials[i];
        }
        total = sqrt(block_sum<THREADS>(total));
        if (threadIdx.x == 0) {
            double ratio = settings.maximum_norm / (total + 1e-6);
            *norm = (float)total;
            *factor = settings.maximum_norm > 0 && !(ratio >= 1) ? (float)ratio : 1.0f; // Not a number stays one.
        }
    }
}

struct Update {
    float decay;
    float rate1;
    float beta2;
    float rate2;
    float epsilon;
    float factor;
    Correction correction;

    __device__ __forceinline__ void operator()(float& w, float& g, float& m, float& v) const {
        g = g * factor + w * decay;
        m += (g - m) * rate1;
        v = v * beta2 + g * g * rate2;
        w -= m / (sqrtf(v) / correction.root + epsilon) * correction.step_size;
    }
};

extern "C" __global__ void __launch_bounds__(256) adam_update(
    float* values, float* gradients, float* first, float* second, LARGE_ARGUMENT(Segments) segments, Settings settings,
    const Correction* corrections, const float* factor) {
    Chunk chunk(segments, blockIdx.x);
    Update update = {settings.weight_decay, (float)(1 - (double)settings.beta1), settings.beta2, (float)(1 - (double)settings.beta2),
        settings.epsilon, *factor, corrections[chunk.segment]};
    for (int i = 4 * threadIdx.x; i < chunk.length; i += 4 * THREADS) {
        long long at = chunk.offset + i;
        if (i + 4 <= chunk.length) {
            float4* w = reinterpret_cast<float4*>(values + at);
            float4* g = reinterpret_cast<float4*>(gradients + at);
            float4* m = reinterpret_cast<float4*>(first + at);
            float4* v = reinterpret_cast<float4*>(second + at);
            float4 value = *w, gradient = *g, mean = *m, square = *v;
            // Most rows of an embedding table have no gradient; not writing zeros over zeros saves an eighth of the traffic.
            if (gradient.x != 0 || gradient.y != 0 || gradient.z != 0 || gradient.w != 0) {
                *g = make_float4(0, 0, 0, 0);
            }
            update(value.x, gradient.x, mean.x, square.x);
            update(value.y, gradient.y, mean.y, square.y);
            update(value.z, gradient.z, mean.z, square.z);
            update(value.w, gradient.w, mean.w, square.w);
            *w = value;
            *m = mean;
            *v = square;
        } else {
            for (long long k = at; k < chunk.offset + chunk.length; k++) {
                float gradient = gradients[k];
                update(values[k], gradient, first[k], second[k]);
                gradients[k] = 0;
            }
        }
    }
}
