/*
 * Runs a fuzz harness over the files of a folder, as a test that prints TAP:
 * one case a file. A harness that finds a fault ends the process, which the
 * caller sees; this program itself can only report an empty corpus.
 */
#include <dirent.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* The largest seed read; libFuzzer's own default is far below. */
#define SEED_BYTES_MAX (4u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay_file(const char *path, uint8_t *buffer)
{
    FILE *file = fopen(path, "rb");
    size_t size;
    uint8_t *exact;

    if (!file)
        return -1;
    size = fread(buffer, 1, SEED_BYTES_MAX, file);
    fclose(file);

    /* Memory of exactly this size, so that a read past the end is seen. */
    exact = malloc(size ? size : 1);
    if (!exact)
        return -1;
    for (size_t i = 0; i < size; i++)
        exact[i] = buffer[i];
    LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    return 0;
}

int main(int argc, char **argv)
{
    struct dirent **entries = NULL;
    uint8_t *buffer = malloc(SEED_BYTES_MAX);
    unsigned cases = 0, failed = 0;
    int count = argc == 2 ? scandir(argv[1], &entries, NULL, alphasort) : -1;

    if (count < 0 || !buffer) {
        fprintf(stderr, "usage: %s CORPUS_FOLDER\n", argv[0]);
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (int i = 0; i < count; i++) {
        char path[PATH_MAX];

        if (entries[i]->d_name[0] != '.') {
            snprintf(path, sizeof(path), "%s/%s", argv[1], entries[i]->d_name);
            cases++;
            if (replay_file(path, buffer) < 0) {
                failed++;
                printf("not ok %u - %s\n", cases, entries[i]->d_name);
            } else {
                printf("ok %u - %s\n", cases, entries[i]->d_name);
            }
        }
        free(entries[i]);
    }
    printf("1..%u\n", cases);
    free(entries);
    free(buffer);
    return failed || !cases;
}
