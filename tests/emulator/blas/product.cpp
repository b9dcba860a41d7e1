#include "product.h"

#include <algorithm>
#include <cstring>
#include <vector>

namespace emulator {
namespace {

// A tile of C: RowsOfTile sums for each of ColumnsOfTile columns, small enough for registers and the first cache.
constexpr int RowsOfTile = 64, ColumnsOfTile = 4;

float from_bits(unsigned bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

unsigned to_bits(float value) {
    unsigned bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

// IEEE half precision by hand: the compiler has no such type on every x86-64.
float half_to_float(unsigned short half) {
    unsigned magnitude = (unsigned)(half & 0x7fff) << 13;
    float value = magnitude >= 0x7c00u << 13 ? from_bits(magnitude | 0x7f800000u) // infinity and NaN
        : from_bits(magnitude) * 0x1p112f;                                        // moves the exponent's bias; subnormals come out right
    return half & 0x8000 ? -value : value;
}

unsigned short float_to_half(float value) {
    unsigned bits = to_bits(value), sign = bits >> 16 & 0x8000, magnitude = bits & 0x7fffffffu;
    if (magnitude > 0x7f800000u) return (unsigned short)(sign | 0x7e00);
    if (magnitude >= 0x47800000u) return (unsigned short)(sign | 0x7c00);
    if (magnitude < 0x38800000u) return (unsigned short)(sign | (to_bits(from_bits(magnitude) + 0.5f) - 0x3f000000u)); // subnormal
    return (unsigned short)(sign | ((magnitude - 0x38000000u + 0xfff + (magnitude >> 13 & 1)) >> 13));
}

float load(const void* address, Element type, long long index) {
    switch (type) {
        case Element::Float16: return half_to_float(static_cast<const unsigned short*>(address)[index]);
        case Element::BFloat16: return from_bits((unsigned)static_cast<const unsigned short*>(address)[index] << 16);
        default: return static_cast<const float*>(address)[index];
    }
}

void store(void* address, Element type, long long index, float value) {
    switch (type) {
        case Element::Float16: static_cast<unsigned short*>(address)[index] = float_to_half(value); break;
        case Element::BFloat16: {
            unsigned bits = to_bits(value);
            static_cast<unsigned short*>(address)[index] = (unsigned short)((bits + 0x7fff + (bits >> 16 & 1)) >> 16); // to nearest, ties to even
            break;
        }
        default: static_cast<float*>(address)[index] = value;
    }
}

// To ten bits of mantissa, nearest, ties away from zero, as the tensor cores' conversion does; infinities and NaN stay.
float round_to_tf32(float value) {
    unsigned bits = to_bits(value);
    return (bits & 0x7f800000u) == 0x7f800000u ? value : from_bits((bits + 0x1000u) & ~0x1fffu);
}

// op(matrix) as floats, rows of `rows` contiguous values padded to a multiple of `unit`: element (i, j) at [j * padded + i] within groups of
// `unit` rows, so that a tile reads its operand in order.
std::vector<float> pack(const Matrix& matrix, int rows, int columns, int unit, long long offset, bool tf32, bool columns_are_rows) {
    int groups = (rows + unit - 1) / unit;
    std::vector<float> packed((size_t)groups * unit * columns);
    for (int row = 0; row < rows; row++) {
        float* target = packed.data() + (size_t)(row / unit) * unit * columns + row % unit;
        for (int column = 0; column < columns; column++) {
            bool swap = matrix.transposed != columns_are_rows;
            long long index = swap ? column + (long long)row * matrix.leading : row + (long long)column * matrix.leading;
            float value = load(matrix.address, matrix.type, offset + index);
            target[(size_t)column * unit] = tf32 && matrix.type == Element::Float32 ? round_to_tf32(value) : value;
        }
    }
    return packed;
}

void multiply(const Product& p, int number) {
    std::vector<float> a, b;
    if (p.alpha != 0) {
        a = pack(p.a, p.m, p.k, RowsOfTile, number * p.a.stride, p.tf32, false);
        b = pack(p.b, p.n, p.k, ColumnsOfTile, number * p.b.stride, p.tf32, true);
    }
    for (int column = 0; column < p.n; column += ColumnsOfTile) {
        for (int row = 0; row < p.m; row += RowsOfTile) {
            float sums[ColumnsOfTile][RowsOfTile] = {};
            const float* left = a.data() + (size_t)row * p.k;
            const float* right = b.data() + (size_t)column * p.k;
            for (int inner = 0; inner < p.k && p.alpha != 0; inner++, left += RowsOfTile, right += ColumnsOfTile) {
                for (int j = 0; j < ColumnsOfTile; j++) {
                    for (int i = 0; i < RowsOfTile; i++) {
                        sums[j][i] += left[i] * right[j];
                    }
                }
            }
            for (int j = column; j < std::min(p.n, column + ColumnsOfTile); j++) {
                for (int i = row; i < std::min(p.m, row + RowsOfTile); i++) {
                    long long index = number * p.c_stride + i + (long long)j * p.c_leading;
                    float value = p.alpha * sums[j - column][i - row];
                    if (p.beta != 0) value += p.beta * load(p.c, p.c_type, index);
                    if (p.epilogue.bias) value += p.epilogue.bias[i];
                    if (p.epilogue.relu) value = value < 0 ? 0 : value;
                    store(p.c, p.c_type, index, value);
                }
            }
        }
    }
}

bool fits(const Matrix& matrix, int rows, int columns) { return matrix.leading >= std::max(1, matrix.transposed ? columns : rows); }

} // namespace

BlasStatus put(Stream* stream, const Product& product) {
    bool valid = product.m >= 0 && product.n >= 0 && product.k >= 0 && product.batch >= 0 && fits(product.a, product.m, product.k) &&
        fits(product.b, product.k, product.n) && product.c_leading >= std::max(1, product.m);
    if (!valid) return BlasInvalidValue;
    Status status = put(stream, [product] {
        for (int number = 0; number < product.batch; number++) {
            multiply(product, number);
        }
        return Success;
    });
    return status == Success ? BlasSuccess : BlasExecutionFailed;
}

} // namespace emulator
