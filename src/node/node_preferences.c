#include "node/node_preferences.h"

#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "node/node_internal.h"
#include "node/owner/setting_write.h"

#include <stdlib.h>

/* The row of its kind. */
static const char row_name[] = "node";

struct node_preferences {
    struct preferences set;     /* as it is written down */
    struct preferences ordered; /* the same, or on its way there */
    struct preference_options options;
};

static int on_row(void *user, const char *name, struct bytes value)
{
    struct node_preferences *preferences = user;

    if (!strcmp(name, row_name) &&
        preferences_read(value, &preferences->set, &preferences->options))
        log_error("node", "its operator's settings can't be read: %s",
                  err_text());
    return 0;
}

static void write_row(struct node *node, const struct preferences *set,
                      setting_written *done, void *user)
{
    struct buffer text = {0};

    preferences_keep(set, &node->preferences->options, &text);
    setting_write(node->parts.settings_writer, JOURNAL_PREFERENCE, row_name,
                  buffer_view(&text), done, user);
    buffer_free(&text);
}

/* Its parts look there at each turn. */
static void apply(struct node *node)
{
    const struct preferences *set = &node->preferences->set;

    node->options.claim_threshold_roe = set->claim_from_roe;
    node->options.auto_upgrade = set->auto_upgrade;
    node->options.balance_low_roe = set->balance_low_roe;
    node->options.balance_critical_roe = set->balance_critical_roe;
}

static void on_logged(void *user, int status)
{
    if (status)
        log_error("journal", "%s", err_text());
}

static bool are_equal(const struct preference_options *a,
                      const struct preference_options *b)
{
    return a->claim_from_roe == b->claim_from_roe &&
           a->balance_low_roe == b->balance_low_roe &&
           a->balance_critical_roe == b->balance_critical_roe &&
           a->auto_upgrade == b->auto_upgrade;
}

int node_preferences_open(struct node *node)
{
    struct node_preferences *preferences =
        mem_zero(1, sizeof(*node->preferences));
    const struct preference_options given = {
        .claim_from_roe = node->options.claim_threshold_roe,
        .balance_low_roe = node->options.balance_low_roe,
        .balance_critical_roe = node->options.balance_critical_roe,
        .auto_upgrade = node->options.auto_upgrade,
    };

    node->preferences = preferences;
    preferences_default(&preferences->set);
    int status = journal_setting_each(node->parts.settings, JOURNAL_PREFERENCE,
                                      on_row, preferences);

    if (status)
        return status;
    preferences_start(&preferences->set, &preferences->options, &given);
    preferences->ordered = preferences->set;
    if (!are_equal(&preferences->options, &given)) {
        preferences->options = given;
        write_row(node, &preferences->set, on_logged, NULL);
    }
    apply(node);
    return 0;
}

void node_preferences_close(struct node *node)
{
    free(node->preferences);
    node->preferences = NULL;
}

const struct preferences *node_preferences_get(const struct node *node)
{
    return &node->preferences->set;
}

/* ---- changes ---- */

/* What is to hold once it is written down. */
struct change {
    struct node *node;
    struct preferences set;
    node_control_done *done;
    void *user;
};

static void on_written(void *user, int status)
{
    struct change *change = user;
    struct node_preferences *preferences = change->node->preferences;

    if (status) {
        preferences->ordered = preferences->set;
    } else {
        preferences->set = change->set;
        apply(change->node);
    }
    change->done(change->user, status);
    free(change);
}

int node_preferences_change(struct node *node, struct json_object *changes,
                            node_control_done *done, void *user)
{
    struct preferences set = node->preferences->ordered;
    int status = preferences_change(changes, &set, NULL);

    if (status)
        return status;
    struct change *change = mem_alloc(sizeof(*change));

    *change = (struct change){node, set, done, user};
    node->preferences->ordered = set;
    write_row(node, &set, on_written, change);
    return 0;
}

/* Two that are changed one after the other must see each other: what is on its
 * way counts. */
void node_preferences_write(const struct node *node, struct json_writer *writer)
{
    const struct preferences *ordered = &node->preferences->ordered;
    char version[PREFERENCE_VERSION_SIZE];

    preferences_version(ordered, version);
    json_open_object(writer);
    preferences_write(ordered, writer);
    json_field_text(writer, "version", version);
    json_close_object(writer);
}
