// What updates of whole segments (adam.cu) and of rows (adam_rows.cu) share: the formula, in PyTorch's form and order, its corrections, and
// the end of the norm.
//
//   g <- g factor + decay w   m <- m + (1 - b1) (g - m)   v <- b2 v + (1 - b2) g^2   w <- w - step_size m / (sqrt(v) / root + eps)
//
// Products and sums are joined by hand: the compiler may join them in other places from kernel to kernel, and an update that is replayed
// later must give the same bits.
#ifndef AUTOTOWER_ADAM_CUH
#define AUTOTOWER_ADAM_CUH

#include "common/completion.cuh"
#include "common/cuda.cuh"
#include "common/reduce.cuh"

// The bias corrections of update t.
struct __align__(8) Correction {
    float step_size; // lr / (1 - b1^t)
    float root;      // sqrt(1 - b2^t)
};

// Hyper-parameters, as AdamKernelRule.cs passes them.
struct Rule {
    const Correction* corrections; // of updates 1, 2, ...; the last one holds from there on
    int correction_count;
    int replayed; // R: most missed updates that a row replays
    float beta1;
    float beta2;
    float epsilon;
    float weight_decay;
    float maximum_norm;

    __device__ __forceinline__ Correction correction(int step) const { return corrections[min(step, correction_count) - 1]; }
};

struct Update {
    float decay;
    float rate1;
    float beta2;
    float rate2;
    float epsilon;

    __device__ __forceinline__ explicit Update(const Rule& rule)
        : decay(rule.weight_decay), rate1((float)(1 - (double)rule.beta1)), beta2(rule.beta2), rate2((float)(1 - (double)rule.beta2)),
          epsilon(rule.epsilon) {}

    __device__ __forceinline__ void operator()(float& w, float gradient, float factor, float& m, float& v, const Correction& correction) const {
        float g = fmaf(gradient, factor, w * decay);
        m = fmaf(g - m, rate1, m);
        v = fmaf(v, beta2, g * g * rate2);
        w = fmaf(-(m / (sqrtf(v) / correction.root + epsilon)), correction.step_size, w);
    }
};

// What the blocks that sum squares leave: partials of the blocks of all launches that make up the norm. The last of `partial_count` blocks
// to end makes the norm and the factor of the gradients of them.
struct NormParts {
    double* partials;
    float* factor;
    float* norm;
    int* counter;
    int partial_count;
    int first_partial; // of this launch

    template <int THREADS> __device__ __forceinline__ void finish(double block_total, const Rule& rule) const {
        if (threadIdx.x == 0) {
            partials[first_partial + blockIdx.x] = block_total;
        }
        if (is_last_block(counter, partial_count)) {
            double total = 0;
            for (int i = threadIdx.x; i < partial_count; i += THREADS) {
                total += partials[i];
            }
            total = sqrt(block_sum<THREADS>(total));
            if (threadIdx.x == 0) {
                double ratio = rule.maximum_norm / (total + 1e-6);
                *norm = (float)total;
                *factor = rule.maximum_norm > 0 && !(ratio >= 1) ? (float)ratio : 1.0f; // Not a number stays one.
            }
        }
    }
};

#endif
