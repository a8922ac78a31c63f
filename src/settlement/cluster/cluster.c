#include "settlement/cluster/cluster.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "settlement/cluster/cluster_internal.h"
#include "settlement/cluster/cluster_verdict.h"
#include "settlement/cluster/contact_book.h"
#include "settlement/format/genesis.h"
#include "settlement/format/leader.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* How often the health is looked at. */
#define WATCH_MS 1000
/* How often leaders get what came: often enough that it costs little of a slot,
 * and no more than fifty times a second. */
#define FORWARDS_PER_SLOT 8
#define FORWARD_MS_MIN 20

/* An event of the execution's thread, or the end. */
struct word {
    struct inbox_item item;
    bool is_end;
    struct execution_event event; /* its block is held */
};

/* ---- the execution ---- */

/* Thread: the execution's. */
static void on_event(void *user, const struct execution_event *event)
{
    struct cluster *cluster = user;

    if (cluster->options.happened)
        cluster->options.happened(cluster->options.user, event);
    if (event->kind == EXECUTION_FINAL || event->kind == EXECUTION_SHOWN)
        return;
    struct word *word = mem_zero(1, sizeof(*word));
    word->event = *event;
    if (event->kind == EXECUTION_MADE)
        executed_block_retain(event->block);
    inbox_put(cluster->inbox, &word->item);
}

static void on_failed(void *user, int status)
{
    struct cluster *cluster = user;

    cluster->options.failed(cluster->options.user, status);
}

static void take_event(struct cluster *cluster,
                       const struct execution_event *event)
{
    struct replica *replica = cluster->replica;
    struct replica_clock clock = cluster_clock();

    switch (event->kind) {
    case EXECUTION_EXECUTED:
        replica_executed(replica, clock, &event->hash,
                         cluster_verdict_of(event->verdict));
        break;
    case EXECUTION_MADE:
        replica_made(replica, clock, buffer_view(&event->block->data),
                     event->start_ns);
        break;
    case EXECUTION_STATE:
        replica_state(replica, clock, &event->hash, &event->state);
        break;
    case EXECUTION_UNLED:
        replica_unled(replica, clock, event->slot);
        break;
    case EXECUTION_FINAL:
    case EXECUTION_SHOWN:
        break;
    }
    cluster_drive(cluster);
}

static void free_word(struct word *word)
{
    if (word->event.kind == EXECUTION_MADE)
        executed_block_release(word->event.block);
    free(word);
}

/* ---- the log ---- */

static void on_durable(void *user, uint64_t ticket)
{
    struct cluster *cluster = user;

    replica_durable(cluster->replica, cluster_clock(), ticket);
    cluster_drive(cluster);
}

/* ---- the thread ---- */

static void on_watch(uv_timer_t *timer)
{
    struct cluster *cluster = timer->data;

    cluster_watch(cluster);
    cluster_contacts_pass_on(cluster);
    cluster_drop_old(cluster);
}

static void on_forward(uv_timer_t *timer)
{
    cluster_forward(timer->data);
}

static uint64_t forward_ms(const struct cluster *cluster)
{
    uint64_t ms = ledger_genesis(cluster->options.execution.ledger)->slot_ms /
                  FORWARDS_PER_SLOT;

    return ms > FORWARD_MS_MIN ? ms : FORWARD_MS_MIN;
}

/* The execution's last words are for nobody. */
static void end(struct cluster *cluster)
{
    cluster->is_stopping = true;
    peer_host_free(cluster->host);
    execution_thread_stop(cluster->execution);
    write_ahead_thread_stop(cluster->journal, NULL, NULL);
    uv_close((uv_handle_t *)&cluster->timer, NULL);
    uv_close((uv_handle_t *)&cluster->watch, NULL);
    uv_close((uv_handle_t *)&cluster->forward, NULL);
    for (struct inbox_item *item = inbox_drain(cluster->inbox); item;) {
        struct word *word = INBOX_OF(item, struct word, item);
        item = item->next;
        free_word(word);
    }
    inbox_close(cluster->inbox, NULL, NULL);
}

static void take_word(void *user, struct inbox_item *item)
{
    struct cluster *cluster = user;
    struct word *word = INBOX_OF(item, struct word, item);

    if (word->is_end)
        end(cluster);
    else
        take_event(cluster, &word->event);
    free_word(word);
}

static void *run(void *user)
{
    struct cluster *cluster = user;

    pthread_setname_np(pthread_self(), "cluster");
    uv_run(&cluster->loop, UV_RUN_DEFAULT);
    return NULL;
}

/* ---- life ---- */

static int find_self(struct cluster *cluster)
{
    const struct pubkey *identity =
        &cluster->options.execution.identity->pubkey;
    size_t self = validator_set_find(cluster->set, identity);

    if (self == validator_set_count(cluster->set))
        return err_set(ERR_NOT_FOUND,
                       "%s is no validator of this network's genesis",
                       PUBKEY_TEXT(identity));
    cluster->self = (uint16_t)self;
    return 0;
}

/* What a genesis allows others take. */
_Static_assert(GENESIS_BLOCK_BYTES <= REPLICA_BLOCK_SIZE_MAX,
               "blocks of several validators");

static void free_cluster(struct cluster *cluster)
{
    CHECK(!uv_loop_close(&cluster->loop));
    replica_free(cluster->replica);
    write_ahead_close(cluster->ahead);
    leader_schedule_free(cluster->schedule);
    validator_set_free(cluster->set);
    contact_book_free(cluster->contacts);
    free(cluster->links);
    free(cluster->said.is_connected);
    free(cluster->said.missing);
    cluster->magic = 0;
    free(cluster);
}

/* What the thread will own begins here, before there is a thread. */
static void start_threads(struct cluster *cluster)
{
    const struct execution_thread_options execution = {
        .execution = cluster->options.execution,
        .flusher = cluster->options.flusher,
        .events = {.happened = on_event, .failed = on_failed, .user = cluster}};
    const struct write_ahead_events journal = {
        .durable = on_durable, .failed = on_failed, .user = cluster};

    cluster->inbox = inbox_new(&cluster->loop, take_word, cluster);
    CHECK(!uv_timer_init(&cluster->loop, &cluster->timer));
    CHECK(!uv_timer_init(&cluster->loop, &cluster->watch));
    CHECK(!uv_timer_init(&cluster->loop, &cluster->forward));
    cluster->timer.data = cluster->watch.data = cluster->forward.data = cluster;
    cluster->execution = execution_thread_start(&execution);
    cluster->journal =
        write_ahead_thread_start(cluster->ahead, &cluster->loop, &journal);
    cluster_restore(cluster);
    cluster->said.has_quorum = true;
    cluster_drive(cluster);
    CHECK(!uv_timer_start(&cluster->watch, on_watch, WATCH_MS, WATCH_MS));
    CHECK(!uv_timer_start(&cluster->forward, on_forward, forward_ms(cluster),
                          forward_ms(cluster)));
    CHECK(pthread_create(&cluster->thread, NULL, run, cluster) == 0);
}

int cluster_start(const struct cluster_options *options, struct cluster **out)
{
    struct cluster *cluster = mem_zero(1, sizeof(*cluster));
    const struct genesis *genesis = ledger_genesis(options->execution.ledger);

    cluster->magic = CLUSTER_MAGIC;
    cluster->options = *options;
    CHECK(!uv_loop_init(&cluster->loop));
    cluster->set = genesis_validator_set(genesis, 0);
    cluster->schedule = leader_schedule_new(genesis);
    cluster->links =
        mem_zero(validator_set_count(cluster->set), sizeof(*cluster->links));
    cluster->said.is_connected = mem_zero(validator_set_count(cluster->set),
                                          sizeof(*cluster->said.is_connected));
    int status = find_self(cluster);
    if (!status)
        status = cluster_find_network(cluster);
    cluster->tag = vote_tag_of(&cluster->network);
    if (!status)
        status = cluster_open_disk(cluster);
    if (!status)
        status = cluster_start_host(cluster);
    if (status) {
        peer_host_free(cluster->host);
        uv_run(&cluster->loop, UV_RUN_DEFAULT);
        free_cluster(cluster);
        return status;
    }
    cluster_contacts_open(cluster);
    start_threads(cluster);
    log_info("cluster", "validator %u of %zu, for others at port %u",
             cluster->self, validator_set_count(cluster->set),
             cluster_port(cluster));
    *out = cluster;
    return 0;
}

uint16_t cluster_port(const struct cluster *cluster)
{
    CHECK_MAGIC(cluster, CLUSTER_MAGIC);
    return peer_host_port(cluster->host);
}

void cluster_stop(struct cluster *cluster)
{
    if (!cluster)
        return;
    CHECK_MAGIC(cluster, CLUSTER_MAGIC);
    struct word *word = mem_zero(1, sizeof(*word));
    word->is_end = true;
    inbox_put(cluster->inbox, &word->item);
    CHECK(pthread_join(cluster->thread, NULL) == 0);
    free_cluster(cluster);
}
