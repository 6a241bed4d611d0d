// CBOW and skip-gram with negative sampling on a CUDA device: the loss and the row gradients of a batch.
//
//     loss = sum of log(1 + exp(-w . h))              h a hidden vector, w the output row of a word to predict
//          + WEIGHT * sum of log(1 + exp(w . h))      w the output row of a sample
//
// A tile is up to TILE neighbouring positions of the text, within one block of positions that share their
// samples. It has an input row for each word that contributes to a hidden vector, and an output row for each
// word that hidden vectors are compared with: first the samples, then the words to predict. A thread block
// computes one tile, as small matrix products:
//
//     H  (TILE, D)       = A X           X  (INPUTS, D)   input rows;  A: means over windows, or one row each
//     E  (TILE, OUTPUTS) = dloss(H Y')   Y  (OUTPUTS, D)  output rows
//     dY (OUTPUTS, D)    = E' H
//     dH (TILE, D)       = E Y
//     dX (INPUTS, D)     = A' dH
//
// Each row of dX and dY is written to its own place, and row_sums.cu sums those of one word. No two threads
// ever add to the same number, so the bits are the same in each run.
//
// Compiled with these constants:
//     CBOW       1: the mean of a window predicts its middle; 0, skip-gram: the middle predicts its window
//     DIMENSION  D, numbers in a row of the tables W_in (V, D) and W_out (V, D)
//     WINDOW     words on each side of the positions in ids (WINDOW + positions + WINDOW,); -1 for no word
//     BLOCK      positions in a block
//     SAMPLES    samples of a block, in samples (blocks, SAMPLES)
//     WEIGHT     weight of a sample, where a word to predict has weight 1
//     TILE       maximum number of positions in a tile, and number of columns that are loaded at a time
//     WARPS      number of warps of TILE threads in a thread block (TILE, WARPS)

constexpr int D = DIMENSION;
constexpr int TILES = (BLOCK + TILE - 1) / TILE;  // in a block of positions
constexpr int NEAR = WINDOW + TILE + WINDOW;      // words at the positions of a tile and in their windows
constexpr int INPUTS = CBOW ? NEAR : TILE;
constexpr int OUTPUTS = SAMPLES + (CBOW ? TILE : NEAR);
constexpr int EACH = TILE / WARPS;  // rows of a TILE x TILE square for one thread

typedef float Square[TILE][TILE + 1];  // padded, so that the threads of a warp read from different banks

// The tile of a thread block, in shared memory.
struct Tile {
    int live;            // number of positions; those from there to TILE are beyond the block
    int words[NEAR];     // at the positions and in their windows, in text order; -1 for none
    int radii[TILE];     // radius of the window of each position, 0 if it has no word
    int counts[TILE];    // number of words in that window
    const int* samples;  // (SAMPLES,)

    __device__ void read(const int* ids, const int* all_radii, const int* all_samples) {
        const int block = blockIdx.x / TILES, start = blockIdx.x % TILES * TILE;
        const int first = block * BLOCK + start, thread = threadIdx.y * TILE + threadIdx.x;
        if (thread == 0) {
            live = min(TILE, BLOCK - start);
            samples = all_samples + block * SAMPLES;
        }
        __syncthreads();
        for (int j = thread; j < NEAR; j += TILE * WARPS)
            words[j] = j < live + 2 * WINDOW ? ids[first + j] : -1;
        __syncthreads();
        if (thread < TILE) {
            radii[thread] = target(thread) < 0 ? 0 : all_radii[first + thread];
            counts[thread] = 0;
            for (int j = thread; j <= thread + 2 * WINDOW; j++) counts[thread] += around(thread, j);
        }
        __syncthreads();
    }
    __device__ int target(int n) const { return n < live ? words[WINDOW + n] : -1; }
    __device__ int input(int i) const { return CBOW ? words[i] : target(i); }
    __device__ int output(int o) const {
        if (o >= OUTPUTS) return -1;
        return o < SAMPLES ? samples[o] : CBOW ? target(o - SAMPLES) : words[o - SAMPLES];
    }
    // Whether words[j] is in the window of position n.
    __device__ bool around(int n, int j) const {
        const int distance = abs(j - WINDOW - n);
        return distance > 0 && distance <= radii[n] && words[j] >= 0;
    }
    // Number of words that position n predicts (skip-gram), or of predictions of its word (CBOW).
    __device__ int predictions(int n) const { return CBOW ? target(n) >= 0 : counts[n]; }
    // Weight of the pair of position n and output row o in the loss.
    __device__ float weight(int n, int o) const {
        if (o < SAMPLES) return WEIGHT * predictions(n);
        return o < OUTPUTS && (CBOW ? o - SAMPLES == n && target(n) >= 0 : around(n, o - SAMPLES));
    }
};

// numbers (TILE, TILE) = rows[number_of_row(0 to TILE)][start : start + TILE];
// 0 where the row is -1, and beyond D.
template <class NumberOfRow>
__device__ void load(Square numbers, const float* rows, int start, NumberOfRow number_of_row) {
    const int column = start + threadIdx.x;
    for (int k = threadIdx.y; k < TILE; k += WARPS) {
        const long long row = number_of_row(k);
        numbers[k][threadIdx.x] = row >= 0 && column < D ? rows[row * D + column] : 0;
    }
}

// hidden (TILE, D) = A X, and dhidden (TILE, D) = 0.
__device__ void make_hidden(const Tile& tile, const float* W_in, float* hidden, float* dhidden) {
    for (int n = threadIdx.y; n < TILE; n += WARPS)
        for (int d = threadIdx.x; d < D; d += TILE) {
            float total = 0;
            if (CBOW) {
                for (int j = n; j <= n + 2 * WINDOW; j++)
                    if (tile.around(n, j)) total += W_in[(long long)tile.words[j] * D + d];
                total /= max(1, tile.counts[n]);
            } else if (tile.target(n) >= 0) {
                total = W_in[(long long)tile.target(n) * D + d];
            }
            hidden[n * D + d] = total;
            dhidden[n * D + d] = 0;
        }
}

// Compare hidden (TILE, D) with TILE output rows, from `first` on: write E (TILE, TILE), the gradients of
// the loss times `scale`, and return the loss. With s the score, the loss of a word to predict is log(1 + exp(-s)), that of a sample log(1 + exp(s)).
__device__ double make_errors(const Tile& tile, const float* W_out, const float* hidden, int first,
                              float scale, Square H, Square Y, Square E) {
    float scores[EACH] = {};
    for (int start = 0; start < D; start += TILE) {
        load(H, hidden, start, [](int n) { return n; });
        load(Y, W_out, start, [&](int o) { return tile.output(first + o); });
        __syncthreads();
        for (int d = 0; d < TILE; d++)
            for (int e = 0; e < EACH; e++) scores[e] += H[threadIdx.y + e * WARPS][d] * Y[threadIdx.x][d];
        __syncthreads();
    }
    const int o = first + threadIdx.x;
    const float sign = o < SAMPLES ? 1 : -1;
    double loss = 0;
    for (int e = 0; e < EACH; e++) {
        const int n = threadIdx.y + e * WARPS;
        const float score = sign * scores[e], weight = tile.weight(n, o);
        loss += weight * (max(score, 0.0f) + log1pf(expf(-fabsf(score))));
        E[n][threadIdx.x] = scale * sign * weight / (1 + expf(-score));
    }
    return loss;
}

// For TILE output rows, from `first` on: write doutputs (OUTPUTS, D) = E' H, add E Y to dhidden (TILE, D).
__device__ void backward(const Tile& tile, const float* W_out, const float* hidden, int first, float* dhidden,
                         float* doutputs, Square H, Square Y, Square E) {
    for (int start = 0; start < D; start += TILE) {
        load(H, hidden, start, [](int n) { return n; });
        load(Y, W_out, start, [&](int o) { return tile.output(first + o); });
        __syncthreads();
        const int d = start + threadIdx.x;
        for (int row = threadIdx.y; row < TILE && d < D; row += WARPS) {
            float of_hidden = 0, of_output = 0;
            for (int k = 0; k < TILE; k++) {
                of_hidden += E[row][k] * Y[k][threadIdx.x];
                of_output += E[k][row] * H[k][threadIdx.x];
            }
            dhidden[row * D + d] += of_hidden;
            if (first + row < OUTPUTS) doutputs[(first + row) * D + d] = of_output;
        }
        __syncthreads();
    }
}

// dinputs (NEAR, D) = A' dhidden: the gradient of each word, from all means that include it.
__device__ void spread(const Tile& tile, const float* dhidden, float* dinputs) {
    for (int j = threadIdx.y; j < NEAR; j += WARPS)
        for (int d = threadIdx.x; d < D; d += TILE) {
            float total = 0;
            for (int n = max(0, j - 2 * WINDOW); n <= min(TILE - 1, j); n++)
                if (tile.around(n, j)) total += dhidden[n * D + d] / tile.counts[n];
            dinputs[j * D + d] = total;
        }
}

// rows (places,): the word of each place, -1 for none. The places are the input rows of all tiles, then the
// output rows of all tiles. predictions (tiles,): the number of predictions of each tile. Launched with one
// thread block for each tile.
extern "C" __global__ void list_places(const int* ids, const int* radii, const int* samples, long long* rows,
                                       double* predictions) {
    __shared__ Tile tile;
    tile.read(ids, radii, samples);
    const long long number = blockIdx.x, tiles = gridDim.x;
    const int thread = threadIdx.y * TILE + threadIdx.x;
    for (int k = thread; k < INPUTS; k += TILE * WARPS) rows[number * INPUTS + k] = tile.input(k);
    rows += tiles * INPUTS + number * OUTPUTS;
    for (int k = thread; k < OUTPUTS; k += TILE * WARPS) rows[k] = tile.output(k);
    if (thread == 0) {
        double total = 0;
        for (int n = 0; n < TILE; n++) total += tile.predictions(n);
        predictions[number] = total;
    }
}

// Write losses (tiles,): the summed losses of each tile; and values (places, D): the gradients of their mean
// over all predictions[0] predictions. hidden and dhidden (tiles, TILE, D) are work memory; for skip-gram,
// dhidden is values, because there dX = dH. Launched with one thread block for each tile.
extern "C" __global__ void compare(const float* W_in, const float* W_out, const int* ids, const int* radii,
                                   const int* samples, const double* predictions, float* hidden,
                                   float* dhidden, float* values, double* losses) {
    __shared__ Tile tile;
    __shared__ Square H, Y, E;
    __shared__ double parts[TILE * WARPS];
    const long long number = blockIdx.x, tiles = gridDim.x;
    hidden += number * TILE * D;
    dhidden += number * TILE * D;
    float* doutputs = values + (tiles * INPUTS + number * OUTPUTS) * D;
    tile.read(ids, radii, samples);
    make_hidden(tile, W_in, hidden, dhidden);
    double loss = 0;  // no __syncthreads(): each thread loads the hidden numbers that it wrote
    for (int first = 0; first < OUTPUTS; first += TILE) {
        loss += make_errors(tile, W_out, hidden, first, 1 / predictions[0], H, Y, E);
        backward(tile, W_out, hidden, first, dhidden, doutputs, H, Y, E);
    }
    if (CBOW) spread(tile, dhidden, values + number * INPUTS * D);
    const int thread = threadIdx.y * TILE + threadIdx.x;
    parts[thread] = loss;
    __syncthreads();
    if (thread == 0) {
        double total = 0;
        for (int t = 0; t < TILE * WARPS; t++) total += parts[t];
        losses[number] = total;
    }
}
