/*
 * A validator that means harm: it connects to the others with a validator's
 * key, and then
 *
 *   silent    says nothing, whatever it is asked
 *   flood     sends statuses, questions and transactions as fast as it can
 *   claim     sends votes in the name of another
 *   nonsense  sends noise as every kind of frame, and answers with noise
 *
 * Usage: hostile_peer GENESIS.json IDENTITY.json MODE ADDRESS…
 * The addresses are those of the genesis' first validators, in its order. It
 * runs until it is killed, and prints a line whenever it is cut off.
 */
#include "base/arena.h"
#include "base/check.h"
#include "base/error.h"
#include "base/log.h"
#include "base/random.h"
#include "crypto/keyfile.h"
#include "peer/peer_host.h"
#include "settlement/cluster/cluster_message.h"
#include "settlement/format/genesis.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TICK_MS 2
#define FLOOD_FRAMES 100 /* of a kind, to each, at a tick */
#define NOISE_MAX 300

enum mode { SILENT, FLOOD, CLAIM, NONSENSE, MODES };
static const char *const modes[MODES] = {"silent", "flood", "claim",
                                         "nonsense"};

struct hostile {
    enum mode mode;
    struct peer_host *host;
    struct random random;
    uint16_t own, count; /* validators: this one, and others known here */
};

/* ---- What it says ---- */

static void send_all(struct hostile *hostile, enum peer_lane lane, uint8_t kind,
                     struct buffer *body)
{
    peer_host_send_all(hostile->host, lane, kind, buffer_view(body));
    buffer_free(body);
}

static void add_noise(struct hostile *hostile, struct buffer *body)
{
    size_t size = random_below(&hostile->random, NOISE_MAX);
    for (size_t i = 0; i < size; i++)
        buffer_u8(body, (uint8_t)random_u64(&hostile->random));
}

static void flood(struct hostile *hostile)
{
    for (int i = 0; i < FLOOD_FRAMES; i++) {
        struct buffer status = {0}, question = {0}, transactions = {0};
        const struct cluster_status said = {.unix_ms = 1};
        const struct cluster_question asked = {
            .number = (uint32_t)i,
            .kind = CLUSTER_EVIDENCE,
            .consensus = {.kind = CONSENSUS_EVIDENCE}};
        cluster_status_encode(&said, &status);
        send_all(hostile, PEER_VOTES, CLUSTER_STATUS, &status);
        cluster_question_encode(&asked, &question);
        send_all(hostile, PEER_VOTES, CLUSTER_QUESTION, &question);
        for (int j = 0; j < CLUSTER_TRANSACTIONS_MAX; j++) {
            struct buffer wire = {0};
            buffer_u8(&wire, 1);
            add_noise(hostile, &wire);
            cluster_transaction_add(buffer_view(&wire), &transactions);
            buffer_free(&wire);
        }
        send_all(hostile, PEER_BULK, CLUSTER_TRANSACTIONS, &transactions);
    }
}

static void claim(struct hostile *hostile)
{
    const struct vote vote = {.kind = VOTE_NULLIFY,
                              .validator = (uint16_t)(hostile->own ? 0 : 1),
                              .slot = 1000000};
    struct buffer body = {0};
    vote_encode(&vote, &body);
    send_all(hostile, PEER_VOTES, CLUSTER_VOTES, &body);
}

static void say_nonsense(struct hostile *hostile)
{
    static const uint8_t kinds[] = {CLUSTER_STATUS,   CLUSTER_VOTES,
                                    CLUSTER_QUESTION, CLUSTER_ANSWER,
                                    CLUSTER_CONTACTS, 77};
    static const uint8_t bulk[] = {CLUSTER_TRANSACTIONS, CLUSTER_BLOCK,
                                   CLUSTER_ANSWER, 77};
    struct buffer body = {0};
    add_noise(hostile, &body);
    send_all(hostile, PEER_VOTES,
             kinds[random_below(&hostile->random, sizeof(kinds))], &body);
    add_noise(hostile, &body);
    send_all(hostile, PEER_BULK,
             bulk[random_below(&hostile->random, sizeof(bulk))], &body);
}

static void on_tick(uv_timer_t *timer)
{
    struct hostile *hostile = timer->data;
    if (hostile->mode == FLOOD)
        flood(hostile);
    else if (hostile->mode == CLAIM)
        claim(hostile);
    else if (hostile->mode == NONSENSE)
        say_nonsense(hostile);
    err_clear();
}

/* ---- What it hears ---- */

static void answer(struct hostile *hostile, const struct peer_event *event)
{
    struct cluster_question question;
    struct buffer body = {0}, noise = {0};
    if (cluster_question_decode(event->body, &question)) {
        err_clear();
        return;
    }
    cluster_answer_begin(question.number, CLUSTER_HERE, &body);
    add_noise(hostile, &noise);
    cluster_answer_add(buffer_view(&noise), &body);
    if (peer_host_send(hostile->host, event->index, event->lane, CLUSTER_ANSWER,
                       buffer_view(&body)))
        err_clear();
    buffer_free(&noise);
    buffer_free(&body);
}

static void take(void *user, const struct peer_event *event)
{
    struct hostile *hostile = user;
    if (event->news == PEER_DOWN)
        printf("%s cut off by %u: %s\n", modes[hostile->mode], event->index,
               err_text());
    else if (event->news == PEER_FRAME && event->kind == CLUSTER_QUESTION &&
             hostile->mode == NONSENSE && event->index != PEER_STRANGER)
        answer(hostile, event);
    fflush(stdout);
}

/* ---- Who it is ---- */

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "hostile_peer: %s: %s\n", what, err_text());
    exit(1);
}

static void know(struct hostile *hostile, const struct genesis *genesis,
                 const struct keypair *identity, char **addresses)
{
    for (uint16_t i = 0; i < genesis->validator_count; i++) {
        const struct pubkey *key = &genesis->validators[i].identity;
        if (pubkey_equal(key, &identity->pubkey))
            hostile->own = i;
        else if (i < hostile->count &&
                 peer_host_know(hostile->host, i, key,
                                (const char *const *)&addresses[i], 1))
            die(addresses[i]);
    }
}

int main(int argc, char **argv)
{
    struct hostile hostile = {.mode = MODES, .random = random_make(4711)};
    struct arena arena = {0};
    struct genesis genesis;
    struct keypair identity;
    uv_loop_t loop;
    uv_timer_t tick;
    crypto_init();
    log_configure("error");
    CHECK(argc > 4);
    for (int i = 0; i < MODES; i++)
        if (!strcmp(argv[3], modes[i]))
            hostile.mode = (enum mode)i;
    CHECK(hostile.mode < MODES);
    if (genesis_load(argv[1], &arena, &genesis) ||
        keyfile_read(argv[2], &identity))
        die("its files");
    CHECK(uv_loop_init(&loop) == 0);
    const struct peer_host_options options = {.loop = &loop,
                                              .identity = &identity,
                                              .network = genesis.hash,
                                              .take = take,
                                              .user = &hostile};
    if (peer_host_new(&options, &hostile.host))
        die("its connections");
    hostile.count = (uint16_t)(argc - 4);
    know(&hostile, &genesis, &identity, argv + 4);
    CHECK(uv_timer_init(&loop, &tick) == 0);
    tick.data = &hostile;
    CHECK(uv_timer_start(&tick, on_tick, TICK_MS, TICK_MS) == 0);
    return uv_run(&loop, UV_RUN_DEFAULT);
}
