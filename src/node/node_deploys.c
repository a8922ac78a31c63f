#include "node/node_deploys.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "node/money/journal_earning.h"
#include "node/money/journal_writer.h"
#include "node/money/wallet_path.h"
#include "node/node_internal.h"
#include "node/owner/setting_write.h"

#include <inttypes.h>
#include <stdlib.h>

#define FOLDERS_MAX 8

struct looked {
    char *folder;
    uint64_t at_ms; /* Unix */
};

/* Invariant: folders[0 .. count) are by their time, the newest first. */
struct node_deploys {
    struct node *node;
    struct looked folders[FOLDERS_MAX + 1];
    size_t count;
    char *wallet_file, *key_folder;
    struct api_deploy_place place;
};

struct node_deploys *node_deploys_new(struct node *node)
{
    struct node_deploys *deploys = mem_zero(1, sizeof(*deploys));

    deploys->node = node;
    return deploys;
}

void node_deploys_free(struct node_deploys *deploys)
{
    if (!deploys)
        return;
    for (size_t i = 0; i < deploys->count; i++)
        free(deploys->folders[i].folder);
    free(deploys->wallet_file);
    free(deploys->key_folder);
    free(deploys);
}

/* ---- folders ---- */

/* In its place by time. */
static void put(struct node_deploys *deploys, const char *folder,
                uint64_t at_ms)
{
    size_t place = deploys->count++;

    while (place && deploys->folders[place - 1].at_ms < at_ms) {
        deploys->folders[place] = deploys->folders[place - 1];
        place--;
    }
    deploys->folders[place] = (struct looked){mem_text(folder), at_ms};
}

static void on_logged(void *user, int status)
{
    if (status)
        log_error("journal", "%s", err_text());
}

static void write_setting(struct node_deploys *deploys, const char *folder,
                          struct bytes value)
{
    setting_write(deploys->node->parts.settings_writer, JOURNAL_FOLDER, folder,
                  value, on_logged, NULL);
}

static void drop(struct node_deploys *deploys, size_t place)
{
    free(deploys->folders[place].folder);
    deploys->count--;
    for (size_t i = place; i < deploys->count && i < FOLDERS_MAX; i++)
        deploys->folders[i] = deploys->folders[i + 1];
}

/* One that was written down too often, by whatever, goes by its age. */
static void keep_newest(struct node_deploys *deploys)
{
    while (deploys->count > FOLDERS_MAX) {
        write_setting(deploys, deploys->folders[deploys->count - 1].folder,
                      (struct bytes){0});
        drop(deploys, deploys->count - 1);
    }
}

void node_deploys_note_folder(struct node_deploys *deploys, const char *folder)
{
    uint64_t now_ms = clock_unix_ms();
    char value[24];

    if (deploys->node->is_stopping)
        return;
    for (size_t i = 0; i < deploys->count; i++)
        if (!strcmp(deploys->folders[i].folder, folder)) {
            drop(deploys, i);
            break;
        }
    put(deploys, folder, now_ms);
    snprintf(value, sizeof(value), "%" PRIu64, now_ms);
    write_setting(deploys, folder, bytes_text(value));
    keep_newest(deploys);
}

void node_deploys_write_folders(const struct node_deploys *deploys,
                                struct json_writer *writer)
{
    json_open_array(writer);
    for (size_t i = 0; i < deploys->count; i++) {
        json_open_object(writer);
        json_name(writer, "folder");
        json_write_bytes(writer, bytes_text(deploys->folders[i].folder));
        json_field_u64(writer, "at", deploys->folders[i].at_ms);
        json_close_object(writer);
    }
    json_close_array(writer);
}

static int read_folder(void *user, const char *name, struct bytes value)
{
    struct node_deploys *deploys = user;
    uint64_t at_ms = 0;

    for (size_t i = 0; i < value.size && i < 15; i++)
        if (value.data[i] >= '0' && value.data[i] <= '9')
            at_ms = 10 * at_ms + (uint64_t)(value.data[i] - '0');
    put(deploys, name, at_ms);
    if (deploys->count > FOLDERS_MAX)
        drop(deploys, deploys->count - 1);
    return 0;
}

/* ---- where ---- */

void node_deploys_open(struct node_deploys *deploys)
{
    const struct node_options *options = &deploys->node->options;
    int status = journal_setting_each(deploys->node->parts.settings,
                                      JOURNAL_FOLDER, read_folder, deploys);

    if (status)
        log_error("journal", "%s", err_text());
    deploys->key_folder = mem_format("%s/created", options->folder);
    status = wallet_main_path(options->folder, options->account,
                              &deploys->wallet_file);
    if (!status)
        status = file_make_folder(deploys->key_folder, 0700);
    if (status)
        log_error("node", "no task can be deployed from the page: %s",
                  err_text());
    else
        deploys->place =
            (struct api_deploy_place){.endpoint = options->rpc_url,
                                      .wallet_file = deploys->wallet_file,
                                      .key_folder = deploys->key_folder};
    err_clear();
}

const struct api_deploy_place *
node_deploys_place(const struct node_deploys *deploys)
{
    return deploys->place.endpoint ? &deploys->place : NULL;
}

/* ---- the book ---- */

struct noting {
    struct journal_earning deployed, fee;
};

static int write_entries(struct journal *journal, void *user)
{
    struct noting *noting = user;
    int status = journal_earning_note(journal, &noting->deployed);

    return status ? status : journal_earning_note(journal, &noting->fee);
}

static void on_noted(void *user, int status)
{
    on_logged(NULL, status);
    free(user);
}

void node_deploys_note(struct node_deploys *deploys,
                       const struct api_deployed *deployed)
{
    if (deploys->node->is_stopping)
        return;
    struct noting *noting = mem_zero(1, sizeof(*noting));
    struct journal_earning *entry = &noting->deployed;

    entry->task = deployed->task;
    entry->round = JOURNAL_EARNING_NO_ROUND;
    entry->kind = JOURNAL_DEPLOYED;
    entry->at_ms = clock_unix_ms();
    entry->slot = deployed->slot;
    entry->amount = deployed->amount_roe;
    snprintf(entry->unit, sizeof(entry->unit), "KOII");
    journal_earning_sign(entry, &deployed->signature);
    noting->fee = noting->deployed;
    noting->fee.kind = JOURNAL_FEE;
    noting->fee.amount = deployed->fee_roe;
    noting->fee.reason = "deploy";
    journal_writer_run(deploys->node->parts.writer, write_entries, on_noted,
                       noting);
}
