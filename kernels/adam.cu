// Global-norm clipping and Adam with L2 weight decay, in PyTorch's form and order, over segments of the parameter slabs.
//
//   norm = |g|   g <- g min(1, max / (norm + 1e-6)) + decay w   m <- m + (1 - b1) (g - m)   v <- b2 v + (1 - b2) g^2
//   w <- w - lr / (1 - b1^t) m / (sqrt(v) / sqrt(1 - b2^t) + eps)   g <- 0   with t the updates of the segment, this one included
//
// values w, gradients g, first m, second v: slabs of equal length; segments start at multiples of 16 elements. Two launches whatever the
// number of segments (up to SEGMENTS): the first counts the segments' updates and sums squares in double, which the last block to end turns
// into the norm and the factor of the gradients; the second updates, a block per CHUNK elements. common/adam.cuh has the formula.
#include "common/adam.cuh"
#include "common/cuda.cuh"
#include "common/dependent.cuh"
#include "common/reduce.cuh"

constexpr int THREADS = 256;
constexpr int CHUNK = 2048;
constexpr int SEGMENTS = 32;

// What to update, as AdamSegments.cs passes it.
struct Segments {
    long long offset[SEGMENTS];
    int length[SEGMENTS];
    int counter[SEGMENTS];
    int first_chunk[SEGMENTS + 1]; // chunks before each segment, and of all
    int count;
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

// step_counts: updates so far, by counter.
extern "C" __global__ void __launch_bounds__(256) adam_norm(
    const float* gradients, LARGE_ARGUMENT(Segments) segments, Rule rule, int* step_counts, NormParts parts) {
    if (blockIdx.x == 0 && threadIdx.x < segments.count) {
        step_counts[segments.counter[threadIdx.x]]++;
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
    parts.finish<THREADS>(block_sum<THREADS>(sum), rule);
}

extern "C" __global__ void __launch_bounds__(256) adam_update(
    float* values, float* gradients, float* first, float* second, LARGE_ARGUMENT(Segments) segments, Rule rule, const int* step_counts,
    const float* clip) {
    wait_for_launch_before();
    Chunk chunk(segments, blockIdx.x);
    const Update update(rule);
    const Correction correction = rule.correction(step_counts[segments.counter[chunk.segment]]);
    const float factor = *clip;
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
            update(value.x, gradient.x, factor, mean.x, square.x, correction);
            update(value.y, gradient.y, factor, mean.y, square.y, correction);
            update(value.z, gradient.z, factor, mean.z, square.z, correction);
            update(value.w, gradient.w, factor, mean.w, square.w, correction);
            *w = value;
            *m = mean;
            *v = square;
        } else {
            for (long long k = at; k < chunk.offset + chunk.length; k++) {
                update(values[k], gradients[k], factor, first[k], second[k], correction);
                gradients[k] = 0;
            }
        }
    }
}
