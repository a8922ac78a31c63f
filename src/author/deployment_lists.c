#include "author/deployment_lists.h"

#include "author/config_field.h"
#include "base/error.h"

#include <string.h>

static bool is_falsy(struct json_object *value)
{
    return !value ||
           (json_object_is_type(value, json_type_string) &&
            !json_object_get_string_len(value)) ||
           (json_object_is_type(value, json_type_boolean) &&
            !json_object_get_boolean(value)) ||
           ((json_object_is_type(value, json_type_int) ||
             json_object_is_type(value, json_type_double)) &&
            json_object_get_double(value) == 0);
}

/* What a node must have, or its operator must give; shown to operators before
 * they start the task. It is counted before it is filled, because an error
 * drops the whole deployment anyway. */
static int take_requirement(struct deployment *deployment,
                            struct json_object *item)
{
    static const char *const types[] = {
        "GLOBAL_VARIABLE", "TASK_VARIABLE", "CPU", "RAM",   "STORAGE",
        "NETWORK",         "ARCHITECTURE",  "OS",  "ADDON", NULL};
    struct json_object *value;
    int status;

    if (deployment->requirement_count == DEPLOYMENT_REQUIREMENTS_MAX)
        return err_set(ERR_LIMIT,
                       "config: requirementsTags has more than %d items",
                       DEPLOYMENT_REQUIREMENTS_MAX);
    struct deployment_requirement *requirement =
        &deployment->requirements[deployment->requirement_count++];
    if (!json_object_is_type(item, json_type_object))
        return err_set(ERR_INVALID,
                       "config: requirementsTags must hold mappings");
    status =
        config_field_text(&deployment->arena, item, "type", &requirement->type);
    if (status)
        return err_add(status, "requirementsTags");
    if (!json_object_object_get_ex(item, "value", &value))
        value = NULL;
    requirement->value = config_field_any(&deployment->arena, item, "value");
    requirement->description =
        config_field_any(&deployment->arena, item, "description");
    if (!config_field_is_one_of(requirement->type, types))
        return err_set(ERR_INVALID,
                       "config: requirementsTags has no type \"%.40s\"",
                       requirement->type);
    /* JavaScript's falsy values are none. */
    if (is_falsy(value))
        requirement->value = NULL;
    else if (!json_object_is_type(value, json_type_string))
        return err_set(ERR_INVALID,
                       "config: requirementsTags: a value must be text");
    if (!requirement->value && strcmp(requirement->type, "GLOBAL_VARIABLE") &&
        strcmp(requirement->type, "TASK_VARIABLE"))
        return err_set(ERR_INVALID,
                       "config: requirementsTags of type %s need "
                       "a value",
                       requirement->type);
    return 0;
}

/* A list under key; absent or null counts as empty. */
static int list_of(struct json_object *config, const char *key,
                   struct json_object **list, size_t *count)
{
    *count = 0;
    if (!json_object_object_get_ex(config, key, list) || is_falsy(*list))
        return 0;
    if (!json_object_is_type(*list, json_type_array))
        return err_set(ERR_INVALID, "config: %s must be a list", key);
    *count = json_object_array_length(*list);
    return 0;
}

/* Tags have no rules: one alone is a list of one, and a value that is not a
 * text becomes one. */
static int take_tags(struct deployment *deployment, struct json_object *config)
{
    struct json_object *list;

    if (!json_object_object_get_ex(config, "tags", &list) || !list)
        return 0;
    if (!json_object_is_type(list, json_type_array)) {
        deployment->tags[deployment->tag_count++] = arena_text(
            &deployment->arena, bytes_text(json_object_get_string(list)));
        return 0;
    }
    size_t count = json_object_array_length(list);
    if (count > DEPLOYMENT_TAGS_MAX)
        return err_set(ERR_LIMIT, "config: tags has more than %d items",
                       DEPLOYMENT_TAGS_MAX);
    for (size_t i = 0; i < count; i++) {
        const char *text =
            json_object_get_string(json_object_array_get_idx(list, i));

        deployment->tags[deployment->tag_count++] =
            arena_text(&deployment->arena, bytes_text(text ? text : "null"));
    }
    return 0;
}

/* Both lists may be absent: a task that needs nothing says nothing. Too many
 * are refused and not cut, because a task without some of its requirements
 * would be another task. */
int deployment_take_lists(struct deployment *deployment,
                          struct json_object *config)
{
    struct json_object *list;
    size_t count;
    int status;

    if ((status = list_of(config, "requirementsTags", &list, &count)) < 0)
        return status;
    for (size_t i = 0; i < count; i++) {
        struct json_object *item = json_object_array_get_idx(list, i);

        if ((status = take_requirement(deployment, item)) < 0)
            return status;
    }
    return take_tags(deployment, config);
}
