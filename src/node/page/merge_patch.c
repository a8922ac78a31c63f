#include "node/page/merge_patch.h"

static struct json_object *member(struct json_object *object, const char *name)
{
    struct json_object *value = NULL;

    return json_object_object_get_ex(object, name, &value) ? value : NULL;
}

static bool is_object(struct json_object *value)
{
    return value && json_object_is_type(value, json_type_object);
}

/* A value as a patch can have it: without members that are null, which would
 * take away what is not there. */
static struct json_object *plain(struct json_object *value)
{
    if (!is_object(value))
        return json_object_get(value);
    struct json_object *copy = json_object_new_object();

    json_object_object_foreach(value, name, inner)
    {
        if (inner)
            json_object_object_add(copy, name, plain(inner));
    }
    return copy;
}

/* What a member becomes: into patch, if it is not that already. */
static void compare(struct json_object *patch, const char *name,
                    struct json_object *from, struct json_object *to)
{
    if (is_object(from) && is_object(to)) {
        struct json_object *inner = merge_patch_make(from, to);

        if (inner)
            json_object_object_add(patch, name, inner);
    } else if (!json_object_equal(from, to)) {
        json_object_object_add(patch, name, plain(to));
    }
}

struct json_object *merge_patch_make(struct json_object *from,
                                     struct json_object *to)
{
    struct json_object *patch = json_object_new_object();

    json_object_object_foreach(from, name, value)
    {
        if (value && !member(to, name))
            json_object_object_add(patch, name, NULL);
    }
    json_object_object_foreach(to, other, wanted)
    {
        if (wanted)
            compare(patch, other, member(from, other), wanted);
    }
    if (json_object_object_length(patch))
        return patch;
    json_object_put(patch);
    return NULL;
}

/* RFC 7396, 2. */
struct json_object *merge_patch_apply(struct json_object *target,
                                      struct json_object *patch)
{
    if (!is_object(patch)) {
        json_object_put(target);
        return json_object_get(patch);
    }
    if (!is_object(target)) {
        json_object_put(target);
        target = json_object_new_object();
    }
    json_object_object_foreach(patch, name, value)
    {
        if (value)
            json_object_object_add(
                target, name,
                merge_patch_apply(json_object_get(member(target, name)),
                                  value));
        else
            json_object_object_del(target, name);
    }
    return target;
}
