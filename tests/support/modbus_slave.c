/* libmodbus as a Modbus RTU slave on a serial port, 9600 8N1. Holding register n holds 1000 unit + n, and 200 exist.
 * Prints "ready". Arguments: port, unit.
 *
 *   cc -O2 modbus_slave.c $(pkg-config --cflags --libs libmodbus) */

#include <modbus.h>
#include <stdio.h>
#include <stdlib.h>

enum { REGISTERS = 200 };

int main(int argc, char **argv) {
    int unit = argc == 3 ? atoi(argv[2]) : 0;
    if (unit < 1 || unit > 60) {
        fprintf(stderr, "a port, and a unit from 1 to 60\n");
        return 2;
    }
    modbus_t *context = modbus_new_rtu(argv[1], 9600, 'N', 8, 1);
    modbus_mapping_t *map = modbus_mapping_new(0, 0, REGISTERS, 0);
    if (!context || !map || modbus_set_slave(context, unit) || modbus_connect(context)) {
        perror("libmodbus");
        return 1;
    }
    for (int i = 0; i < REGISTERS; i++) {
        map->tab_registers[i] = (uint16_t)(1000 * unit + i);
    }
    puts("ready");
    fflush(stdout);
    for (;;) {
        uint8_t query[MODBUS_RTU_MAX_ADU_LENGTH];
        int length = modbus_receive(context, query);
        if (length > 0) {
            modbus_reply(context, query, length, map);
        }
    }
}
