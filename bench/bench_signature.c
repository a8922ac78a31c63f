/*
 * Checks of ed25519 signatures: processor time for one of many, by libsodium
 * and by each implementation in lanes that this processor can run, for the
 * sizes that messages of transactions have. Every signature is by a key of its
 * own.
 */
#include "base/check.h"
#include "base/memory.h"
#include "crypto/signature_check.h"
#include "crypto/signature_lanes.h"
#include "measure.h"
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#define SIGNATURES 1024
#define MESSAGE_MAX 1232
#define RUNS 9

/* A message with a transfer, and one with two thirds of a packet. */
static const size_t sizes[] = {250, 750};

struct load {
    struct keypair keypairs[SIGNATURES];
    struct signature signatures[SIGNATURES];
    uint8_t messages[SIGNATURES][MESSAGE_MAX];
    struct signature_check checks[SIGNATURES];
};

/* Sizes from the least to the most, in random order. */
static void make(struct load *load, size_t least, size_t most)
{
    for (size_t i = 0; i < SIGNATURES; i++) {
        const struct keypair *keypair = &load->keypairs[i];
        size_t size = least + i * 7919 % (most - least + 1);
        struct bytes message = bytes_make(load->messages[i], size);
        key_sign(keypair, message, &load->signatures[i]);
        load->checks[i] =
            (struct signature_check){.pubkey = &keypair->pubkey,
                                     .signature = &load->signatures[i],
                                     .message = message};
    }
}

static double microseconds_for_one(const struct signature_lanes *lanes,
                                   const struct load *load)
{
    bool is_good[SIGNATURES];
    double runs[RUNS];
    for (unsigned i = 0; i < RUNS; i++) {
        uint64_t start_ns = measure_thread_ns();
        signature_check_with(lanes, load->checks, SIGNATURES, is_good);
        runs[i] = (double)(measure_thread_ns() - start_ns) / 1000 / SIGNATURES;
        for (size_t k = 0; k < SIGNATURES; k++)
            CHECK(is_good[k]);
    }
    return measure_median(runs, RUNS);
}

static void measure(const struct load *load, const char *what)
{
    const struct signature_lanes *lanes;
    char name[64];
    double alone = microseconds_for_one(NULL, load);
    snprintf(name, sizeof(name), "signature_%s_libsodium", what);
    measure_plain(name, alone, "µs");
    for (unsigned n = 0; (lanes = signature_lanes_nth(n)); n++) {
        double in_lanes = microseconds_for_one(lanes, load);
        snprintf(name, sizeof(name), "signature_%s_%s", what, lanes->name);
        measure_plain(name, in_lanes, "µs");
    }
}

int main(void)
{
    struct load *load = mem_zero(1, sizeof(*load));
    char what[32];
    crypto_init();
    randombytes_buf(load->messages, sizeof(load->messages));
    for (size_t i = 0; i < SIGNATURES; i++)
        keypair_generate(&load->keypairs[i]);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        make(load, sizes[i], sizes[i]);
        snprintf(what, sizeof(what), "%zu", sizes[i]);
        measure(load, what);
    }
    make(load, 150, MESSAGE_MAX);
    measure(load, "mixed");
    free(load);
    return 0;
}
