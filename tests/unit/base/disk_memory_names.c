#include "base/disk_memory_names.h"

#include "base/memory.h"

#include <stdlib.h>

static struct name *list_find(const struct name_list *list, const char *path)
{
    for (size_t i = 0; i < list->count; i++)
        if (!strcmp(list->names[i].path, path))
            return &list->names[i];
    return NULL;
}

static void list_remove(struct name_list *list, const char *path)
{
    struct name *name = list_find(list, path);

    if (!name)
        return;
    free(name->path);
    node_drop(name->node);
    *name = list->names[--list->count];
}

static void list_put(struct name_list *list, const char *path,
                     struct node *node)
{
    node_keep(node);
    list_remove(list, path);
    list->names =
        mem_resize(list->names, (list->count + 1) * sizeof(*list->names));
    list->names[list->count++] =
        (struct name){.path = mem_text(path), .node = node};
}

static void list_clear(struct name_list *list)
{
    while (list->count)
        list_remove(list, list->names[0].path);
}

static void apply(const struct name_change *change, struct name_list *list)
{
    if (*change->from)
        list_remove(list, change->from);
    if (*change->to)
        list_put(list, change->to, change->node);
}

static void change_drop(struct name_change *change)
{
    free(change->from);
    free(change->to);
    node_drop(change->node);
}

void names_free(struct names *names)
{
    for (size_t i = 0; i < names->change_count; i++)
        change_drop(&names->changes[i]);
    free(names->changes);
    list_clear(&names->now);
    free(names->now.names);
    list_clear(&names->durable);
    free(names->durable.names);
}

struct name *names_find(const struct names *names, const char *path)
{
    return list_find(&names->now, path);
}

void names_change(struct names *names, const char *from, const char *to,
                  struct node *node)
{
    struct name_change change = {
        .from = mem_text(from), .to = mem_text(to), .node = node_keep(node)};

    apply(&change, &names->now);
    names->changes =
        mem_resize(names->changes, (names->change_count + 1) * sizeof(change));
    names->changes[names->change_count++] = change;
}

bool names_is_in(const char *path, const char *folder)
{
    size_t size = strlen(folder);

    return !strncmp(path, folder, size) && path[size] == '/' &&
           !strchr(path + size + 1, '/');
}

void names_sync(struct names *names, const char *folder)
{
    size_t kept = 0;

    for (size_t i = 0; i < names->change_count; i++) {
        struct name_change *change = &names->changes[i];
        if (!names_is_in(*change->to ? change->to : change->from, folder)) {
            names->changes[kept++] = *change;
            continue;
        }
        apply(change, &names->durable);
        change_drop(change);
    }
    names->change_count = kept;
}

void names_lose_power(struct names *names, struct random *random)
{
    size_t kept = random_below(random, names->change_count + 1);

    for (size_t i = 0; i < names->change_count; i++) {
        if (i < kept)
            apply(&names->changes[i], &names->durable);
        change_drop(&names->changes[i]);
    }
    names->change_count = 0;
    list_clear(&names->now);
    for (size_t i = 0; i < names->durable.count; i++)
        list_put(&names->now, names->durable.names[i].path,
                 names->durable.names[i].node);
}
