/** Whether a fault is caught must not be a matter of luck. */
import fc from 'fast-check';

fc.configureGlobal({ seed: 20_260_101 });
