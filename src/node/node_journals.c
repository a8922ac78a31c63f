#include "node/node_journals.h"

#include "base/check.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "node/money/journal_setting.h"
#include "node/money/journal_writer.h"
#include "node/node_internal.h"
#include "node/owner/setting_write.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

/* In the folder's journal: whose actions it has, base58 of the main key. */
static const char owner_name[] = "account";

/* Of the journals of other accounts, before the key. */
static const char other_prefix[] = "journal-";

struct owner {
    char key[64];
};

static int take_owner(void *user, const char *name, struct bytes value)
{
    struct owner *owner = user;

    if (!strcmp(name, owner_name) && value.size < sizeof(owner->key)) {
        memcpy(owner->key, value.data, value.size);
        owner->key[value.size] = 0;
    }
    return 0;
}

static void on_written(void *user, int status)
{
    if (status)
        log_error("journal", "the account is not written down: %s", err_text());
}

static int open_one(struct node *node, const char *name,
                    struct journal **journal, struct journal_writer **writer)
{
    char *path = mem_format("%s/%s.db", node->options.folder, name);
    int status = journal_open(path, journal);

    if (!status)
        status = journal_writer_open(node->parts.loop, path, writer);
    free(path);
    return status;
}

/* A node is alone in its folder: none is added while it runs. What can't be
 * read may have some. */
static bool has_others(const struct node *node)
{
    DIR *entries = opendir(node->options.folder);
    bool is_found = !entries;
    struct dirent *at;

    while (!is_found && (at = readdir(entries)))
        is_found = !strncmp(at->d_name, other_prefix, strlen(other_prefix));
    if (entries)
        closedir(entries);
    return is_found;
}

int node_journals_open(struct node *node)
{
    struct node_parts *parts = &node->parts;
    const char *key = PUBKEY_TEXT(signer_main(parts->signer));
    struct owner owner = {0};
    int status =
        open_one(node, "journal", &parts->settings, &parts->settings_writer);

    if (!status)
        status = journal_setting_each(parts->settings, JOURNAL_NETWORK,
                                      take_owner, &owner);
    if (status)
        return status;
    if (!*owner.key)
        setting_write(parts->settings_writer, JOURNAL_NETWORK, owner_name,
                      bytes_text(key), on_written, NULL);
    if (!*owner.key || !strcmp(owner.key, key)) {
        parts->journal = parts->settings;
        parts->writer = parts->settings_writer;
        node->has_other_accounts = has_others(node);
        return 0;
    }
    node->has_other_accounts = true;
    char *name = mem_format("%s%s", other_prefix, key);
    status = open_one(node, name, &parts->journal, &parts->writer);
    free(name);
    return status;
}

static void on_settings_closed(void *user)
{
    struct node *node = user;

    node->parts.writer = node->parts.settings_writer = NULL;
    node->journals_closed(node);
}

static void end_settings(void *user)
{
    struct node *node = user;

    if (node->parts.settings_writer)
        journal_writer_close(node->parts.settings_writer, on_settings_closed,
                             node);
    else
        on_settings_closed(node);
}

/* That of the account first, if it has one: what it has written may still be
 * noted in that of the folder. */
void node_journals_end(struct node *node, void (*closed)(void *user))
{
    struct node_parts *parts = &node->parts;

    node->journals_closed = closed;
    if (parts->writer && parts->writer != parts->settings_writer)
        journal_writer_close(parts->writer, end_settings, node);
    else
        end_settings(node);
}

/* The same connection is closed once. */
void node_journals_close(struct node *node)
{
    if (node->parts.journal != node->parts.settings)
        journal_close(node->parts.journal);
    journal_close(node->parts.settings);
}
