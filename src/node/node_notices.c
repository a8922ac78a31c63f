/*
 * A trouble is told when it has lasted as long as troubles do that are none: an
 * endpoint that changes its leader, a signing process that is started again.
 *
 * Everything looked at is at hand but for the room on the disk, which libuv's
 * pool asks for.
 */
#include "node/node_notices.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "node/money/amount.h"
#include "node/node_internal.h"
#include "node/node_reach.h"
#include "node/node_trouble.h"
#include "node/owner/choice_book.h"
#include "node/owner/notice_book.h"
#include "settlement/format/account.h"
#include "settlement/format/task_instruction.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* What a staking key's account needs: its rent, and a transaction's fee. */
#define STAKING_CRITICAL (rent_minimum_balance(TASK_STAKING_KEY_SPACE) + 10000)
/* Each is a question to the endpoint, for one task after the other. */
#define KEY_EVERY_MS 4000
#define ENDPOINT_AWAY_MS 60000
#define SIGNER_AWAY_MS 30000
/* Below it stores and ledgers begin to refuse. */
#define DISK_LOW_BYTES (1ull << 30)
/* Each costs a question to the journal a task, or one to the disk. */
#define TASKS_EVERY_MS 10000
#define DISK_EVERY_MS 30000

/* The question under way outlives a node that is stopped meanwhile. */
struct disk_look {
    uv_fs_t request;
    struct node_notices *notices; /* NULL: nobody wants to know */
};

/* The balance of the key that a task is staked by, asked for. */
struct key_look {
    struct node *node;
    struct pubkey key;
    char task[BASE58_KEY_SIZE];
    char *name;
};

/* The key of the webhook's secret, read or made on the pool. */
struct key_reading {
    uv_work_t work;
    struct node_notices *notices; /* NULL: nobody wants it any more */
    struct node *node;
    char *folder;
    struct buffer key;
    int status;
    char trouble[ERR_TEXT_SIZE];
};

struct node_notices {
    struct webhook *webhook; /* NULL: none */
    struct buffer key;       /* of its signatures; empty: not read yet */
    struct key_reading *reading;
    struct disk_look *disk; /* NULL: no question is under way */
    bool is_asking_key;
    size_t key_place; /* the runner asked about last */
    uint64_t tasks_ms, disk_ms,
        key_ms;         /* monotonic: when they were looked at last */
    uint64_t signer_ms; /* since when the signer is away; 0: it is there */
    bool knows_disk, disk_is_low;
    uint64_t disk_bytes;
};

static char *amount_facts(uint64_t roe)
{
    return mem_format("{\"amount\":\"%" PRIu64 "\"}", roe);
}

/* ---- the node ---- */

static void look_at_balance(struct node *node)
{
    const struct node_options *options = &node->options;
    uint64_t low = options->balance_low_roe;
    uint64_t critical = options->balance_critical_roe;
    uint64_t has;

    if (!node_balance_of(node, NODE_KEY_MAIN, &has))
        return;
    char *left = amount_words(has, false);

    node_trouble(node, NOTICE_BALANCE_CRITICAL, "", has < critical,
                 mem_format("Only %s is left for fees: soon nothing can be "
                            "sent. Add coins to %s.",
                            left, PUBKEY_TEXT(signer_main(node->parts.signer))),
                 amount_facts(has));
    /* One of the two is enough. */
    node_trouble(node, NOTICE_BALANCE_LOW, "", has < low && has >= critical,
                 mem_format("%s is left for fees. Add coins to %s.", left,
                            PUBKEY_TEXT(signer_main(node->parts.signer))),
                 amount_facts(has));
    free(left);
}

static void look_at_endpoint(struct node *node, uint64_t now_ms)
{
    uint64_t since_ms =
        node->parts.slot ? node->slot_seen_ms : node->started_ms;
    bool is_away =
        !node_is_connected(node) && now_ms - since_ms >= ENDPOINT_AWAY_MS;

    if (is_away || node_is_connected(node))
        node_trouble(
            node, NOTICE_ENDPOINT_AWAY, "", is_away,
            mem_format("The settlement endpoint %s does not answer. Work "
                       "goes on, nothing can be sent.",
                       client_shown_url(node->parts.client)),
            NULL);
}

static void look_at_signer(struct node *node, uint64_t now_ms)
{
    const struct signer_state *state = signer_state(node->parts.signer);
    struct node_notices *notices = node->notices;

    /* What its operator has locked is no trouble. */
    if (state->state == SIGNER_READY || state->is_shut)
        notices->signer_ms = 0;
    else if (!notices->signer_ms)
        notices->signer_ms = now_ms;
    bool is_away =
        (state->state == SIGNER_DOWN && !state->is_shut) ||
        (notices->signer_ms && now_ms - notices->signer_ms >= SIGNER_AWAY_MS);
    if (is_away || !notices->signer_ms)
        node_trouble(node, NOTICE_SIGNER_AWAY, "", is_away,
                     mem_format("Nothing can be signed: %s",
                                *state->trouble ? state->trouble
                                                : "the keys are not open"),
                     NULL);
}

static void on_disk(uv_fs_t *request)
{
    struct disk_look *look = request->data;
    struct node_notices *notices = look->notices;
    const uv_statfs_t *found = request->ptr;

    if (notices)
        notices->disk = NULL;
    if (notices && !request->result) {
        notices->disk_bytes = found->f_bavail * found->f_bsize;
        notices->disk_is_low = notices->disk_bytes < DISK_LOW_BYTES;
        notices->knows_disk = true;
    }
    uv_fs_req_cleanup(request);
    free(look);
}

static void look_at_disk(struct node *node, uint64_t now_ms)
{
    struct node_notices *notices = node->notices;

    if (notices->knows_disk)
        node_trouble(
            node, NOTICE_DISK_LOW, "", notices->disk_is_low,
            mem_format("%" PRIu64 " MiB are free on the disk of %s. Make "
                       "room: a full disk keeps no evidence.",
                       notices->disk_bytes >> 20, node->options.folder),
            mem_format("{\"mib\":%" PRIu64 "}", notices->disk_bytes >> 20));
    if (notices->disk ||
        (notices->disk_ms && now_ms - notices->disk_ms < DISK_EVERY_MS))
        return;
    notices->disk_ms = now_ms;
    struct disk_look *look = mem_zero(1, sizeof(*look));

    look->request.data = look;
    if (uv_fs_statfs(node->parts.loop, &look->request, node->options.folder,
                     on_disk)) {
        free(look);
        return;
    }
    look->notices = notices;
    notices->disk = look;
}

bool node_notices_disk(const struct node *node, uint64_t *bytes)
{
    const struct node_notices *notices = node->notices;

    *bytes = notices ? notices->disk_bytes : 0;
    return notices && notices->knows_disk;
}

/* What peers say does not change by itself. */
static void look_at_reach(struct node *node)
{
    enum node_reach_finding found = node_reach_finding(node->reach);

    if (found != REACH_UNKNOWN)
        node_trouble(
            node, NOTICE_UNREACHABLE, "", found == REACH_CUT_OFF,
            mem_format("Other nodes could not reach this one at %s, so they "
                       "can't fetch its evidence.",
                       node->public_url),
            NULL);
}

/* A node that wants every wall runs no task without one. What a process has
 * around it is known once it has begun, so what was told before a restart lasts
 * until all have. */
static void look_at_walls(struct node *node)
{
    enum confinement_wanted wanted = node->options.confinement;
    bool wants_all =
        wanted == CONFINEMENT_WHOLE || wanted == CONFINEMENT_STRICT;
    bool is_known = true;
    const char *missing = NULL;

    for (size_t i = 0; i < node->runner_count && !wants_all && !missing; i++)
        is_known &= task_runner_is_stopping(node->runners[i]) ||
                    task_runner_walls(node->runners[i], &missing);
    if (!is_known && !missing)
        return;
    node_trouble(
        node, NOTICE_SANDBOX_WEAK, "", missing != NULL,
        mem_format("Tasks run, though this machine has no %s. `pond doctor` "
                   "says what that lets an attack do.",
                   missing ? missing : ""),
        NULL);
}

/* ---- staking keys ---- */

/* The next look asks again after an error. A node that stops has no notices any
 * more. */
static void on_key_balance(void *user, int status, uint64_t roe)
{
    struct key_look *look = user;
    struct node *node = look->node;

    if (node->notices)
        node->notices->is_asking_key = false;
    if (node->notices && !status) {
        char *left = amount_words(roe, false);
        char *needed = amount_words(STAKING_CRITICAL, false);

        node_trouble(
            node, NOTICE_STAKING_CRITICAL, look->task, roe < STAKING_CRITICAL,
            mem_format("The staking key of %s has only %s, and its "
                       "account needs %s for rent and a fee: what it is to "
                       "send will be refused. Add coins to %s.",
                       look->name, left, needed, PUBKEY_TEXT(&look->key)),
            amount_facts(roe));
        free(needed);
        free(left);
    }
    free(look->name);
    free(look);
}

/* A key that has staked has an account; of another one nothing is needed. The
 * tasks take turns. */
static void look_at_key(struct node *node, uint64_t now_ms)
{
    struct node_notices *notices = node->notices;
    struct task_runner_figures figures;

    if (notices->is_asking_key || !node->runner_count ||
        (notices->key_ms && now_ms - notices->key_ms < KEY_EVERY_MS))
        return;
    notices->key_ms = now_ms;
    notices->key_place = (notices->key_place + 1) % node->runner_count;
    const struct task_runner *runner = node->runners[notices->key_place];

    task_runner_figures(runner, &figures);
    if (!figures.stake || task_runner_is_stopping(runner))
        return;
    struct key_look *look = mem_zero(1, sizeof(*look));

    look->node = node;
    look->key = *figures.key;
    look->name = mem_text(figures.name);
    snprintf(look->task, sizeof(look->task), "%s",
             PUBKEY_TEXT(task_runner_task(runner)));
    notices->is_asking_key = true;
    client_balance(node->parts.client, &look->key, on_key_balance, look);
}

void node_notices_look(struct node *node)
{
    struct node_notices *notices = node->notices;
    uint64_t now_ms = clock_monotonic_ms();

    CHECK_MAGIC(node, NODE_MAGIC);
    look_at_balance(node);
    look_at_key(node, now_ms);
    look_at_endpoint(node, now_ms);
    look_at_signer(node, now_ms);
    look_at_disk(node, now_ms);
    look_at_reach(node);
    look_at_walls(node);
    if (!notices->tasks_ms || now_ms - notices->tasks_ms >= TASKS_EVERY_MS) {
        notices->tasks_ms = now_ms;
        node_notices_look_at_tasks(node);
    }
    if (notices->webhook)
        webhook_look(notices->webhook);
}

/* ---- life ---- */

/* Whom to send to, and what. */
static bool quiet_kinds(const char *names, bool quiet[NOTICE_KINDS])
{
    memset(quiet, 0, NOTICE_KINDS * sizeof(*quiet));
    while (names && *names) {
        size_t size = strcspn(names, " ");
        enum notice_kind kind;

        if (notice_kind_parse(bytes_make(names, size), &kind))
            return false;
        quiet[kind] = true;
        names += size + strspn(names + size, " ");
    }
    return true;
}

/* As the settings have it now. The key is there. */
static int open_webhook(struct node *node)
{
    struct node_notices *notices = node->notices;
    const char *url = choice_book_look(node->choices, CHOICE_WEBHOOK).value;
    bool quiet[NOTICE_KINDS];

    webhook_close(notices->webhook);
    notices->webhook = NULL;
    if (!quiet_kinds(choice_book_look(node->choices, CHOICE_QUIET).value,
                     quiet))
        log_warn("node", "%s: a webhook gets them all the same", err_text());
    notice_book_send(node->parts.notices, url && *url, quiet);
    return url && *url
               ? webhook_open(node->parts.loop, buffer_view(&notices->key), url,
                              node->parts.notices, &notices->webhook)
               : 0;
}

int node_notices_open(struct node *node)
{
    const char *url = choice_book_look(node->choices, CHOICE_WEBHOOK).value;
    bool sends = url && *url;
    int status =
        notice_book_open(node->parts.settings, node->parts.settings_writer,
                         sends, &node->parts.notices);

    node->notices = mem_zero(1, sizeof(*node->notices));
    if (!status && sends)
        status = webhook_key(node->options.folder, &node->notices->key);
    if (!status)
        status = open_webhook(node);
    return status;
}

/* ---- another webhook ---- */

static void read_key(uv_work_t *work)
{
    struct key_reading *reading = work->data;

    reading->status = webhook_key(reading->folder, &reading->key);
    if (reading->status)
        snprintf(reading->trouble, sizeof(reading->trouble), "%s", err_text());
}

/* Without a key nothing is sent: what it says stands in the log. */
static void on_key(uv_work_t *work, int cancelled)
{
    struct key_reading *reading = work->data;
    struct node_notices *notices = reading->notices;

    CHECK(!cancelled);
    if (notices) {
        notices->reading = NULL;
        buffer_wipe(&notices->key);
        notices->key = reading->key;
        reading->key = (struct buffer){0};
        if (reading->status)
            log_error("webhook", "%s", reading->trouble);
        else if (open_webhook(reading->node))
            log_error("webhook", "%s", err_text());
    }
    buffer_wipe(&reading->key);
    free(reading->folder);
    free(reading);
}

void node_notices_send_anew(struct node *node)
{
    struct node_notices *notices = node->notices;

    if (!notices || notices->reading)
        return;
    if (notices->key.size) {
        if (open_webhook(node))
            log_error("webhook", "%s", err_text());
        return;
    }
    struct key_reading *reading = mem_zero(1, sizeof(*reading));

    reading->work.data = reading;
    reading->notices = notices;
    reading->node = node;
    reading->folder = mem_text(node->options.folder);
    notices->reading = reading;
    CHECK(!uv_queue_work(node->parts.loop, &reading->work, read_key, on_key));
}

const struct webhook *node_notices_webhook(const struct node *node)
{
    return node->notices ? node->notices->webhook : NULL;
}

int node_notices_test(struct node *node, webhook_tested *done, void *user)
{
    if (!node->notices || !node->notices->webhook)
        return err_set(ERR_STATE, "no webhook is set");
    return webhook_test(node->notices->webhook, done, user);
}

/* ---- the end ---- */

void node_notices_stop(struct node *node)
{
    struct node_notices *notices = node->notices;

    if (!notices)
        return;
    webhook_close(notices->webhook);
    buffer_wipe(&notices->key);
    if (notices->reading)
        notices->reading->notices = NULL;
    if (notices->disk)
        notices->disk->notices = NULL;
    free(notices);
    node->notices = NULL;
}

void node_notices_close(struct node *node)
{
    notice_book_close(node->parts.notices);
    node->parts.notices = NULL;
}
