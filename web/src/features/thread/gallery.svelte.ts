// Which picture of the open thread is looked at, '' none.
class Gallery {
  file = $state('');
}

export const gallery = new Gallery();
