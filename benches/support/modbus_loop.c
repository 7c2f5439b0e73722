/* A bare libmodbus client: reads so many registers from 0 on, one request after the other, and prints the requests of each
 * second. Arguments: port, registers, seconds. */

#include <modbus.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
    if (argc != 4) {
        fprintf(stderr, "port registers seconds\n");
        return 2;
    }
    uint16_t words[MODBUS_MAX_READ_REGISTERS];
    int registers = atoi(argv[2]);
    modbus_t *context = modbus_new_tcp("127.0.0.1", atoi(argv[1]));
    if (registers < 1 || registers > MODBUS_MAX_READ_REGISTERS || !context || modbus_connect(context)) {
        perror("libmodbus");
        return 1;
    }
    long requests = 0;
    double start = now(), end = start + atof(argv[3]), last = start;
    while (last < end) {
        for (int i = 0; i < 100; i++, requests++) {
            if (modbus_read_registers(context, 0, registers, words) != registers || words[0] != 7) {
                fprintf(stderr, "a wrong answer\n");
                return 1;
            }
        }
        last = now();
    }
    printf("%.0f\n", (double)requests / (last - start));
    return 0;
}
