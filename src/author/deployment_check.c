#include "author/deployment_check.h"

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/yaml.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* ---- mistakes ---- */

/* Of an error's text "config: KEY RULE", or of one that stands before it. */
static void find_field(const char *text, char out[DEPLOYMENT_FIELD_SIZE])
{
    static const char *const keys[] = {
        "task_name",
        "author",
        "description",
        "markdownDescriptionPath",
        "repositoryUrl",
        "engine",
        "task_executable_network",
        "task_audit_program",
        "round_time",
        "audit_window",
        "submission_window",
        "allowed_failed_distributions",
        "space",
        "task_type",
        "token_type",
        "minimum_stake_amount",
        "total_bounty_amount",
        "bounty_amount_per_round",
        "task_id",
        "migrationDescription",
        "requirementsTags",
        "tags",
        NULL,
    };
    size_t size = strcspn(text, " :");

    *out = 0;
    for (const char *const *key = keys; *key; key++)
        if (strlen(*key) == size && !memcmp(*key, text, size))
            snprintf(out, DEPLOYMENT_FIELD_SIZE, "%s", *key);
}

/* Cut between characters, without the white space at its end. */
static void copy_line(struct bytes yaml, unsigned line, char *out, size_t size)
{
    const uint8_t *at = yaml.data, *end = yaml.data + yaml.size;

    for (unsigned i = 1; i < line && at < end; i++) {
        const uint8_t *next = memchr(at, '\n', (size_t)(end - at));

        at = next ? next + 1 : end;
    }
    size_t rest = (size_t)(end - at), length = 0;
    while (length < rest && length < size - 1 && at[length] != '\n' &&
           at[length] != '\r' && at[length])
        length++;
    while (length && length < rest && (at[length] & 0xc0) == 0x80)
        length--;
    while (length && (at[length - 1] == ' ' || at[length - 1] == '\t'))
        length--;
    memcpy(out, at, length);
    out[length] = 0;
}

void deployment_problem_place(struct deployment_problem *problem,
                              struct bytes yaml)
{
    problem->line = (unsigned)yaml_key_line(yaml, problem->field);
    if (problem->line)
        copy_line(yaml, problem->line, problem->source,
                  sizeof(problem->source));
}

bool deployment_problem_note(int status, struct bytes yaml,
                             struct deployment_problems *problems)
{
    static const char prefix[] = "config: ";
    const char *text = err_text();

    if (!problems || problems->count == DEPLOYMENT_PROBLEMS_MAX ||
        (status != ERR_INVALID && status != ERR_LIMIT && status != ERR_DENIED &&
         status != ERR_NOT_FOUND))
        return false;
    struct deployment_problem *problem = &problems->list[problems->count++];
    if (!strncmp(text, prefix, strlen(prefix)))
        text += strlen(prefix);
    *problem = (struct deployment_problem){0};
    find_field(text, problem->field);
    snprintf(problem->text, sizeof(problem->text), "%s", text);
    if (*problem->field)
        deployment_problem_place(problem, yaml);
    else if (sscanf(text, "line %u:", &problem->line) == 1)
        copy_line(yaml, problem->line, problem->source,
                  sizeof(problem->source));
    return true;
}

int deployment_problem_first(const struct deployment_problems *problems)
{
    if (!problems || !problems->count)
        return 0;
    return err_set(ERR_INVALID, "config: %s", problems->list[0].text);
}

/* ---- places ---- */

/* Where a path leads; of what is not there yet, where the nearest folder does
 * that is. NULL: that can't be said, for it would depend on what is made there.
 */
static char *real_place(const char *path)
{
    char *place = realpath(path, NULL), *at = mem_text(path);
    struct stat found;

    while (!place && errno == ENOENT) {
        const char *slash = strrchr(at, '/');
        bool is_open = !lstat(at, &found) || !slash || slash == at ||
                       !strcmp(slash, "/..");

        if (is_open)
            break;
        char *folder = file_parent(at);
        free(at);
        at = folder;
        place = realpath(at, NULL);
    }
    free(at);
    return place;
}

int deployment_is_inside(const char *folder, const char *path)
{
    char *outer = realpath(folder, NULL), *inner = real_place(path);
    size_t size = outer ? strlen(outer) : 0;
    bool is_inside = outer && inner && !strncmp(inner, outer, size) &&
                     (size == 1 || inner[size] == '/' || inner[size] == '\0');

    free(outer);
    free(inner);
    if (is_inside)
        return 0;
    return err_set(ERR_DENIED, "%s lies outside of the task's folder", path);
}

int deployment_bundle_is_inside(const struct deployment *deployment,
                                const char *folder)
{
    if (!deployment_is_stored(deployment))
        return 0;
    char *path = deployment_bundle_path(deployment, folder);
    int status = deployment_is_inside(folder, path);

    free(path);
    return status ? err_add(status, "config: task_audit_program") : 0;
}
