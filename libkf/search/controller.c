/* SPDX-License-Identifier: Apache-2.0 */
#include "search/controller.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"

/* One step of the recurrent cell, with what the way back needs. */
typedef struct step {
    double *input, *hidden, *cell;
    double *gates; /* 4 × hidden: in, forget, out, new. */
} step;

/* Views of one block of memory, for the weights, for their gradient and for Adam's two
 * moments. */
typedef struct weights {
    double *cell;           /* 2·hidden × 4·hidden */
    double *start;          /* hidden */
    double *embed;          /* operations × hidden */
    double *choose;         /* hidden × operations */
    double *past, *present; /* hidden × hidden: of earlier layers, of this one */
    double *judge;          /* hidden */
} weights;

struct kf_controller {
    kf_controller_shape shape;
    size_t count; /* Of weights. */
    double *memory, *flat, *gradient, *first, *second;
    weights w, g;
    step *steps;  /* 2 per layer */
    double *zero; /* Hidden state before the first step. */
    double *projected, *d_projected, *d_hidden; /* layers × hidden */
    double *tempered, *probabilities;           /* layers × operations */
    double *skip_logit;                         /* layers × layers, tempered */
    double *squashed;                           /* layers × layers × hidden */
    double *scratch;                            /* 7·hidden */
    int updates;
};

static size_t carve(weights *w, const kf_controller_shape *shape, double *memory)
{
    size_t h = (size_t)shape->hidden, ops = (size_t)shape->operations, at = 0;
    w->cell = memory + at;
    at += 8 * h * h;
    w->start = memory + at;
    at += h;
    w->embed = memory + at;
    at += ops * h;
    w->choose = memory + at;
    at += h * ops;
    w->past = memory + at;
    at += h * h;
    w->present = memory + at;
    at += h * h;
    w->judge = memory + at;
    return at + h;
}

static void share_out(kf_controller *self, double *at)
{
    size_t h = (size_t)self->shape.hidden, layers = (size_t)self->shape.layers;
    double **const parts[] = {
        &self->flat, &self->gradient, &self->first, &self->second};
    for (size_t i = 0; i < 4; i++, at += self->count)
        *parts[i] = at;
    for (size_t i = 0; i < 2 * layers; i++, at += 7 * h)
        self->steps[i] = (step){at, at + h, at + 2 * h, at + 3 * h};
    self->zero = at;
    self->projected = at += h;
    self->d_projected = at += layers * h;
    self->d_hidden = at += layers * h;
    self->tempered = at += layers * h;
    self->probabilities = at += layers * (size_t)self->shape.operations;
    self->skip_logit = at += layers * (size_t)self->shape.operations;
    self->squashed = at += layers * layers;
    self->scratch = at + layers * layers * h;
}

static size_t memory_of(const kf_controller *self)
{
    size_t h = (size_t)self->shape.hidden, layers = (size_t)self->shape.layers;
    return 4 * self->count + 14 * layers * h + h + 3 * layers * h +
           2 * layers * (size_t)self->shape.operations + layers * layers +
           layers * layers * h + 7 * h;
}

kf_status kf__controller_new(
    const kf_controller_shape *shape, kf_random *random, kf_controller **out)
{
    kf_controller *self = kf__calloc(1, sizeof *self);
    if (self == NULL)
        return kf__nomem();
    self->shape = *shape;
    self->count = carve(&self->w, shape, NULL);
    self->steps = kf__calloc(2 * (size_t)shape->layers, sizeof *self->steps);
    self->memory = kf__calloc(memory_of(self), sizeof *self->memory);
    if (self->steps == NULL || self->memory == NULL) {
        kf__controller_free(self);
        return kf__nomem();
    }
    share_out(self, self->memory);
    (void)carve(&self->w, shape, self->flat);
    (void)carve(&self->g, shape, self->gradient);
    for (size_t i = 0; i < self->count; i++)
        self->flat[i] = 0.02 * kf__random_uniform(random) - 0.01;
    *out = self;
    return KF_OK;
}

void kf__controller_free(kf_controller *controller)
{
    if (controller == NULL)
        return;
    kf__free(controller->steps);
    kf__free(controller->memory);
    kf__free(controller);
}

double *kf__controller_weights(kf_controller *controller, size_t *count)
{
    *count = controller->count;
    return controller->flat;
}

const double *kf__controller_gradient(const kf_controller *controller)
{
    return controller->gradient;
}

/* ---- matrices ---- */

/* out += row × matrix (rows × columns) */
static void multiply(
    const double *row, const double *matrix, int rows, int columns, double *out)
{
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < columns; j++)
            out[j] += row[i] * matrix[i * columns + j];
}

/* The way back: d_matrix += row ⊗ d_out, d_row += matrix × d_out. */
static void unmultiply(const double *row, const double *matrix, int rows, int columns,
    const double *d_out, double *d_row, double *d_matrix)
{
    for (int i = 0; i < rows; i++) {
        double sum = 0;
        for (int j = 0; j < columns; j++) {
            d_matrix[i * columns + j] += row[i] * d_out[j];
            sum += matrix[i * columns + j] * d_out[j];
        }
        d_row[i] += sum;
    }
}

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

/* ---- forwards ---- */

static void run_cell(kf_controller *self, int index)
{
    int h = self->shape.hidden;
    step *now = &self->steps[index];
    const double *hidden = index > 0 ? self->steps[index - 1].hidden : self->zero;
    const double *cell = index > 0 ? self->steps[index - 1].cell : self->zero;
    memset(now->gates, 0, 4 * (size_t)h * sizeof *now->gates);
    multiply(now->input, self->w.cell, h, 4 * h, now->gates);
    multiply(hidden, self->w.cell + 4 * h * h, h, 4 * h, now->gates);
    for (int i = 0; i < h; i++) {
        for (int gate = 0; gate < 3; gate++)
            now->gates[gate * h + i] = sigmoid(now->gates[gate * h + i]);
        now->gates[3 * h + i] = tanh(now->gates[3 * h + i]);
        now->cell[i] =
            now->gates[h + i] * cell[i] + now->gates[i] * now->gates[3 * h + i];
        now->hidden[i] = now->gates[2 * h + i] * tanh(now->cell[i]);
    }
}

static double temper(const kf_controller_shape *shape, double logit)
{
    if (shape->temperature > 0)
        logit /= shape->temperature;
    return shape->tanh_const > 0 ? shape->tanh_const * tanh(logit) : logit;
}

/* By the tempered logit. */
static double temper_slope(const kf_controller_shape *shape, double tempered)
{
    double slope = shape->temperature > 0 ? 1 / shape->temperature : 1;
    double share = shape->tanh_const > 0 ? tempered / shape->tanh_const : 0;
    return shape->tanh_const > 0 ? slope * shape->tanh_const * (1 - share * share)
                                 : slope;
}

static void weigh_operations(kf_controller *self, int layer)
{
    int ops = self->shape.operations;
    double *logits = self->tempered + layer * ops, sum = 0, most = -INFINITY;
    double *probabilities = self->probabilities + layer * ops;
    memset(logits, 0, (size_t)ops * sizeof *logits);
    multiply(
        self->steps[2 * layer].hidden, self->w.choose, self->shape.hidden, ops, logits);
    for (int i = 0; i < ops; i++) {
        logits[i] = temper(&self->shape, logits[i]);
        most = fmax(most, logits[i]);
    }
    for (int i = 0; i < ops; i++)
        sum += probabilities[i] = exp(logits[i] - most);
    for (int i = 0; i < ops; i++)
        probabilities[i] /= sum;
}

static int draw(const double *probabilities, int count, kf_random *random)
{
    double left = kf__random_uniform(random);
    for (int i = 0; i < count - 1; i++) {
        left -= probabilities[i];
        if (left < 0)
            return i;
    }
    return count - 1;
}

static double entropy_of(double probability)
{
    return probability > 0 ? -probability * log(probability) : 0;
}

static void do_operation(kf_controller *self, int layer, kf_random *random,
    const kf_architecture *architecture, kf_controller_score *score)
{
    int h = self->shape.hidden, ops = self->shape.operations;
    const double *probabilities = self->probabilities + layer * ops;
    run_cell(self, 2 * layer);
    weigh_operations(self, layer);
    if (random != NULL)
        architecture->operations[layer] = draw(probabilities, ops, random);
    int chosen = architecture->operations[layer];
    score->log_probability += log(probabilities[chosen]);
    for (int i = 0; i < ops; i++)
        score->entropy += entropy_of(probabilities[i]);
    memcpy(self->steps[2 * layer + 1].input, self->w.embed + chosen * h,
        (size_t)h * sizeof(double));
}

/* Logit l of the bit 1 and -l of the bit 0. */
static double skip_logit(kf_controller *self, int layer, int before)
{
    int h = self->shape.hidden, layers = self->shape.layers;
    double *squashed = self->squashed + (layer * layers + before) * h, sum = 0;
    memcpy(squashed, self->projected + before * h, (size_t)h * sizeof *squashed);
    multiply(self->steps[2 * layer + 1].hidden, self->w.present, h, h, squashed);
    for (int i = 0; i < h; i++) {
        squashed[i] = tanh(squashed[i]);
        sum += squashed[i] * self->w.judge[i];
    }
    return temper(&self->shape, sum);
}

static double penalty(double logit, double target)
{
    double skip = sigmoid(logit), none = sigmoid(-logit);
    return none * log(none / (1 - target)) + skip * log(skip / target);
}

static void add_hidden(
    const kf_controller *self, int layer, double share, double *input)
{
    for (int i = 0; i < self->shape.hidden; i++)
        input[i] += share * self->steps[2 * layer + 1].hidden[i];
}

static int count_skips(
    const kf_controller *self, const kf_architecture *architecture, int layer)
{
    int count = 0;
    for (int before = 0; before < layer; before++)
        count += architecture->skips[layer * self->shape.layers + before];
    return count;
}

static void do_skips(kf_controller *self, int layer, kf_random *random,
    const kf_architecture *architecture, kf_controller_score *score)
{
    int layers = self->shape.layers;
    for (int before = 0; before < layer; before++) {
        bool *bit = &architecture->skips[layer * layers + before];
        double logit = skip_logit(self, layer, before);
        double probability = sigmoid(2 * logit);
        self->skip_logit[layer * layers + before] = logit;
        if (random != NULL)
            *bit = kf__random_uniform(random) < probability;
        score->log_probability += log(*bit ? probability : 1 - probability);
        score->entropy += entropy_of(probability) + entropy_of(1 - probability);
        score->skip_penalty += penalty(logit, self->shape.skip_target);
    }
}

/* The input of the next layer: the mean of the layers skipped to, as the paper's code
 * has it, over one more than their number. */
static void next_input(
    kf_controller *self, int layer, const kf_architecture *architecture)
{
    int h = self->shape.hidden;
    if (layer + 1 == self->shape.layers)
        return;
    double *input = self->steps[2 * layer + 2].input;
    if (layer == 0) {
        memcpy(input, self->w.start, (size_t)h * sizeof *input);
        return;
    }
    double share = 1.0 / (1 + count_skips(self, architecture, layer));
    memset(input, 0, (size_t)h * sizeof *input);
    for (int before = 0; before < layer; before++)
        if (architecture->skips[layer * self->shape.layers + before])
            add_hidden(self, before, share, input);
}

/* With a random number generator it writes the architecture, without one it reads it. */
static kf_controller_score forward(
    kf_controller *self, kf_random *random, const kf_architecture *architecture)
{
    kf_controller_score score = {0};
    int h = self->shape.hidden;
    memcpy(self->steps[0].input, self->w.start, (size_t)h * sizeof(double));
    for (int layer = 0; layer < self->shape.layers; layer++) {
        do_operation(self, layer, random, architecture, &score);
        run_cell(self, 2 * layer + 1);
        do_skips(self, layer, random, architecture, &score);
        next_input(self, layer, architecture);
        double *projected = self->projected + layer * h;
        memset(projected, 0, (size_t)h * sizeof *projected);
        multiply(self->steps[2 * layer + 1].hidden, self->w.past, h, h, projected);
    }
    return score;
}

kf_controller_score kf__controller_sample(
    kf_controller *controller, kf_random *random, kf_architecture *out)
{
    return forward(controller, random, out);
}

kf_controller_score kf__controller_score_of(
    kf_controller *controller, const kf_architecture *architecture)
{
    return forward(controller, NULL, architecture);
}

/* ---- backwards ---- */

typedef struct backward {
    kf_controller *self;
    const kf_architecture *architecture;
    double advantage, skip_weight;
    double *d_hidden, *d_cell, *d_input; /* Of the step being undone. */
} backward;

/* Undo a step of the cell: d_hidden and d_cell become those of the step before. */
static void unrun_cell(backward *back, int index)
{
    kf_controller *self = back->self;
    int h = self->shape.hidden;
    const step *now = &self->steps[index];
    const double *hidden = index > 0 ? self->steps[index - 1].hidden : self->zero;
    const double *cell = index > 0 ? self->steps[index - 1].cell : self->zero;
    double *d_gates = self->scratch + 3 * h;
    for (int i = 0; i < h; i++) {
        const double in = now->gates[i], forget = now->gates[h + i],
                     out = now->gates[2 * h + i], fresh = now->gates[3 * h + i];
        double squashed = tanh(now->cell[i]);
        double d_cell =
            back->d_cell[i] + back->d_hidden[i] * out * (1 - squashed * squashed);
        d_gates[i] = d_cell * fresh * in * (1 - in);
        d_gates[h + i] = d_cell * cell[i] * forget * (1 - forget);
        d_gates[2 * h + i] = back->d_hidden[i] * squashed * out * (1 - out);
        d_gates[3 * h + i] = d_cell * in * (1 - fresh * fresh);
        back->d_cell[i] = d_cell * forget;
        back->d_hidden[i] = back->d_input[i] = 0;
    }
    unmultiply(
        now->input, self->w.cell, h, 4 * h, d_gates, back->d_input, self->g.cell);
    unmultiply(hidden, self->w.cell + 4 * h * h, h, 4 * h, d_gates, back->d_hidden,
        self->g.cell + 4 * h * h);
}

static void undo_operation(backward *back, int layer)
{
    kf_controller *self = back->self;
    int h = self->shape.hidden, ops = self->shape.operations;
    int chosen = back->architecture->operations[layer];
    for (int i = 0; i < h;
         i++) /* The input of the step after it was the operation's. */
        self->g.embed[chosen * h + i] += back->d_input[i];
    double *d_logits = self->tempered + layer * ops;
    for (int i = 0; i < ops; i++)
        d_logits[i] = back->advantage *
                      (self->probabilities[layer * ops + i] - (i == chosen)) *
                      temper_slope(&self->shape, d_logits[i]);
    unmultiply(self->steps[2 * layer].hidden, self->w.choose, h, ops, d_logits,
        back->d_hidden, self->g.choose);
}

static void undo_skip(backward *back, int layer, int before)
{
    kf_controller *self = back->self;
    int h = self->shape.hidden, layers = self->shape.layers;
    int place = layer * layers + before;
    double logit = self->skip_logit[place], target = self->shape.skip_target;
    double skip = sigmoid(logit), none = sigmoid(-logit);
    double d_logit =
        back->advantage * 2 * (sigmoid(2 * logit) - back->architecture->skips[place]) +
        back->skip_weight * skip * none *
            (log(skip / target) - log(none / (1 - target)));
    d_logit *= temper_slope(&self->shape, logit);
    double *squashed = self->squashed + place * h;
    for (int i = 0; i < h; i++) {
        self->g.judge[i] += squashed[i] * d_logit;
        squashed[i] = self->w.judge[i] * d_logit * (1 - squashed[i] * squashed[i]);
        self->d_projected[before * h + i] += squashed[i];
    }
    unmultiply(self->steps[2 * layer + 1].hidden, self->w.present, h, h, squashed,
        back->d_hidden, self->g.present);
}

/* d_input is that of the next layer's first step. */
static void undo_next_input(backward *back, int layer)
{
    kf_controller *self = back->self;
    int h = self->shape.hidden;
    if (layer + 1 == self->shape.layers)
        return;
    if (layer == 0) {
        for (int i = 0; i < h; i++)
            self->g.start[i] += back->d_input[i];
        return;
    }
    double share = 1.0 / (1 + count_skips(self, back->architecture, layer));
    for (int before = 0; before < layer; before++)
        if (back->architecture->skips[layer * self->shape.layers + before])
            for (int i = 0; i < h; i++)
                self->d_hidden[before * h + i] += share * back->d_input[i];
}

static void undo_layer(backward *back, int layer)
{
    kf_controller *self = back->self;
    int h = self->shape.hidden;
    double *d_own = self->d_hidden + layer * h;
    undo_next_input(back, layer);
    unmultiply(self->steps[2 * layer + 1].hidden, self->w.past, h, h,
        self->d_projected + layer * h, d_own, self->g.past);
    for (int i = 0; i < h; i++)
        back->d_hidden[i] += d_own[i];
    for (int before = 0; before < layer; before++)
        undo_skip(back, layer, before);
    unrun_cell(back, 2 * layer + 1);
    undo_operation(back, layer);
    unrun_cell(back, 2 * layer);
}

/* Kingma and Ba, 2015. */
static void adam(kf_controller *self, double rate)
{
    const double beta1 = 0.9, beta2 = 0.999, tiny = 1e-8;
    self->updates++;
    double scale1 = 1 - pow(beta1, self->updates),
           scale2 = 1 - pow(beta2, self->updates);
    for (size_t i = 0; i < self->count; i++) {
        double slope = self->gradient[i];
        self->first[i] = beta1 * self->first[i] + (1 - beta1) * slope;
        self->second[i] = beta2 * self->second[i] + (1 - beta2) * slope * slope;
        self->flat[i] -=
            rate * (self->first[i] / scale1) / (sqrt(self->second[i] / scale2) + tiny);
    }
}

void kf__controller_train(kf_controller *controller,
    const kf_architecture *architecture, double advantage, double skip_weight,
    double learning_rate)
{
    kf_controller *self = controller;
    size_t h = (size_t)self->shape.hidden;
    size_t all = (size_t)self->shape.layers * h * sizeof(double);
    backward back = {self, architecture, advantage, skip_weight, self->scratch,
        self->scratch + h, self->scratch + 2 * h};
    (void)forward(self, NULL, architecture);
    memset(self->gradient, 0, self->count * sizeof *self->gradient);
    memset(self->scratch, 0, 3 * h * sizeof *self->scratch);
    memset(self->d_projected, 0, all);
    memset(self->d_hidden, 0, all);
    for (int layer = self->shape.layers - 1; layer >= 0; layer--)
        undo_layer(&back, layer);
    for (size_t i = 0; i < h; i++) /* The very first input. */
        self->g.start[i] += back.d_input[i];
    adam(self, learning_rate);
}
