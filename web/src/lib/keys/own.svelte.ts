// The shortcuts this agent changed, kept with his account; '' is off.

export const own = $state({ keys: {} as Readonly<Record<string, string>> });
